// A fake language model with the chat completions protocol of OpenAI. It follows the script in the last message of the user:
//
//   run: COMMAND    calls the terminal tool; several lines run one after another
//   say: TEXT       ends the turn with this text (default: `Done.` and a summary of the conversation)
//
// Tests script an agent with messages and need no shared state.
import { createServer } from 'node:http';
import { randomUUID } from 'node:crypto';

const TERMINALS = ['terminal', 'execute_bash'];

const textOf = (message) =>
  typeof message.content === 'string' ? message.content : (message.content ?? []).map((part) => part.text ?? '').join('\n');

/** Adds placeholder values for the other required parameters of a tool. */
function argumentsFor(tool, given) {
  const schema = tool.function.parameters ?? {};
  const filled = { ...given };
  for (const name of schema.required ?? []) {
    const { enum: values, type } = schema.properties?.[name] ?? {};
    filled[name] ??= values ? values[0] : { boolean: false, integer: 1, number: 1 }[type] ?? 'x';
  }
  return filled;
}

function steps(text) {
  const lines = text.split('\n').map((line) => line.trim());
  const pick = (word) => lines.filter((line) => line.startsWith(`${word}:`)).map((line) => line.slice(word.length + 1).trim());
  return { commands: pick('run'), says: pick('say') };
}

/** Returns the reply to a request: a text or a tool call. */
export function answer({ messages, tools = [] }) {
  const users = messages.filter((message) => message.role === 'user').map(textOf);
  const isScript = (message) => message.role === 'user' && /^\s*(run|say):/m.test(textOf(message));
  const at = messages.findLastIndex(isScript);
  const { commands, says } = at < 0 ? { commands: [], says: [] } : steps(textOf(messages[at]));
  const done = at < 0 ? 0 : messages.slice(at).filter((message) => message.role === 'assistant' && message.tool_calls?.length > 0).length;
  const tool = (names) => tools.find((one) => names.includes(one.function?.name));
  const terminal = tool(TERMINALS);
  if (terminal && done < commands.length) return { tool: terminal.function.name, arguments: argumentsFor(terminal, { command: commands[done] }) };
  const results = messages.slice(at + 1).filter((message) => message.role === 'tool').map(textOf);
  const text = says[0] ?? `Done. Messages of the user: ${users.length}. Last result: ${(results.at(-1) ?? 'none').slice(0, 2000)}`;
  const finish = tool(['finish']);
  return finish && done <= commands.length ? { tool: 'finish', arguments: argumentsFor(finish, { message: text }) } : { text };
}

function completion(model, reply) {
  const call = reply.tool && { id: `call_${randomUUID()}`, type: 'function', function: { name: reply.tool, arguments: JSON.stringify(reply.arguments) } };
  const message = { role: 'assistant', content: call ? null : reply.text, ...(call ? { tool_calls: [call] } : {}) };
  return {
    id: `chatcmpl-${randomUUID()}`, object: 'chat.completion', created: Math.floor(Date.now() / 1000), model,
    choices: [{ index: 0, message, finish_reason: call ? 'tool_calls' : 'stop' }],
    usage: { prompt_tokens: 100, completion_tokens: 10, total_tokens: 110 },
  };
}

function stream(response, whole) {
  response.writeHead(200, { 'Content-Type': 'text/event-stream' });
  const [{ message, finish_reason: reason }] = whole.choices;
  const send = (delta, finish_reason = null) => {
    const chunk = { ...whole, object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason }], usage: undefined };
    response.write(`data: ${JSON.stringify(chunk)}\n\n`);
  };
  send({ role: 'assistant', content: '' });
  for (const [index, call] of (message.tool_calls ?? []).entries()) send({ tool_calls: [{ index, ...call }] });
  for (const piece of (message.content ?? '').match(/[\s\S]{1,40}/g) ?? []) send({ content: piece });
  send({}, reason);
  response.write(`data: ${JSON.stringify({ ...whole, object: 'chat.completion.chunk', choices: [] })}\n\n`);
  response.end('data: [DONE]\n\n');
}

/**
 * Starts the model at `host:port`. `llm.mood` simulates failures: 'down' (503), 'refused' (401), 'away' (closes connections) or
 * 'slow' (no response).
 */
export async function startLlm(host, port = 80) {
  const llm = { mood: '', requests: [], url: `http://${host}:${port}/v1`, model: 'openai/bench-model', key: 'sk-bench' };
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const piece of request) body += piece;
    const send = (status, value) => response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(value));
    if (llm.mood === 'away') return request.socket.destroy();
    if (llm.mood === 'slow') return undefined;
    if (llm.mood === 'refused') return send(401, { error: { message: 'the key is not valid', type: 'invalid_request_error' } });
    if (llm.mood === 'down') return send(503, { error: { message: 'the model is down', type: 'server_error' } });
    if (request.url.endsWith('/models')) return send(200, { object: 'list', data: [{ id: 'bench-model', object: 'model' }] });
    if (!request.url.endsWith('/chat/completions')) return send(404, { error: { message: `no ${request.url}` } });
    const asked = JSON.parse(body);
    const reply = answer(asked);
    llm.requests.push({ from: request.socket.remoteAddress, authorization: request.headers.authorization, body: asked, reply });
    const whole = completion(asked.model, reply);
    return asked.stream ? stream(response, whole) : send(200, whole);
  });
  await new Promise((resolve, reject) => server.once('error', reject).listen(port, host, resolve));
  llm.stop = () => new Promise((resolve) => server.close(resolve) && server.closeAllConnections());
  return llm;
}
