// A minimal WebSocket client: text messages, fragments and pings.
import { request as send } from 'node:http';
import { randomBytes } from 'node:crypto';

function frame(opcode, payload) {
  const mask = randomBytes(4);
  const { length } = payload;
  const head = length < 126 ? Buffer.from([0x80 | opcode, 0x80 | length]) : Buffer.alloc(length < 65536 ? 4 : 10);
  if (length >= 126) {
    head[0] = 0x80 | opcode;
    head[1] = 0x80 | (length < 65536 ? 126 : 127);
    if (length < 65536) head.writeUInt16BE(length, 2);
    else head.writeBigUInt64BE(BigInt(length), 2);
  }
  return Buffer.concat([head, mask, payload.map((byte, n) => byte ^ mask[n % 4])]);
}

/** Parses the first frame of a buffer. Returns `undefined` if the frame is incomplete. */
function parse(buffer) {
  if (buffer.length < 2) return undefined;
  let [length, at] = [buffer[1] & 0x7f, 2];
  if (length >= 126) {
    const size = length === 126 ? 2 : 8;
    if (buffer.length < at + size) return undefined;
    length = length === 126 ? buffer.readUInt16BE(2) : Number(buffer.readBigUInt64BE(2));
    at += size;
  }
  if (buffer.length < at + length) return undefined;
  return { isLast: (buffer[0] & 0x80) !== 0, opcode: buffer[0] & 0x0f, payload: buffer.subarray(at, at + length), rest: buffer.subarray(at + length) };
}

/**
 * Opens a WebSocket. Resolves to a socket with `messages`, `send(text)`, `next(predicate, seconds)` and `close()`, or to
 * `{ status, headers, text }` if the status of the response is not 101.
 */
export function openSocket(options) {
  return new Promise((resolve, reject) => {
    const headers = {
      Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': '13', 'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
      ...options.headers,
    };
    // Without an agent: a connection with a failed upgrade must not be reused.
    const request = send({ ...options, headers, agent: false });
    request.on('error', reject);
    request.on('response', async (response) => {
      let text = '';
      for await (const piece of response) text += piece;
      resolve({ status: response.statusCode, headers: response.headers, text });
    });
    request.on('upgrade', (response, stream, first) => {
      const waiting = new Set();
      const socket = { status: 101, messages: [], isClosed: false };
      let [buffer, parts] = [Buffer.from(first), []];
      const wake = () => {
        for (const one of [...waiting]) one();
      };
      const read = () => {
        for (let one = parse(buffer); one; one = parse(buffer)) {
          buffer = one.rest;
          if (one.opcode === 9) stream.write(frame(10, one.payload));
          else if (one.opcode === 8) stream.end();
          else if (one.opcode < 3) {
            parts.push(one.payload);
            if (one.isLast) {
              socket.messages.push(Buffer.concat(parts).toString());
              parts = [];
            }
          }
        }
        wake();
      };
      stream.on('data', (piece) => {
        buffer = Buffer.concat([buffer, piece]);
        read();
      });
      stream.on('error', () => {});
      stream.on('close', () => {
        socket.isClosed = true;
        wake();
      });
      socket.send = (text) => stream.write(frame(1, Buffer.from(text)));
      socket.close = () => stream.destroy();
      /** Resolves to the first past or future message that matches. */
      socket.next = (fits = () => true, seconds = 30) =>
        new Promise((found, failed) => {
          const timer = setTimeout(() => finish(failed, new Error(`no matching message within ${seconds} s`)), seconds * 1000);
          const finish = (how, value) => {
            clearTimeout(timer);
            waiting.delete(look);
            how(value);
          };
          const look = () => {
            const message = socket.messages.find((one) => fits(one));
            if (message !== undefined) finish(found, message);
            else if (socket.isClosed) finish(failed, new Error('the socket was closed'));
          };
          waiting.add(look);
          look();
        });
      read();
      resolve(socket);
    });
    request.end();
  });
}
