// What a user does with OpenHands, in words: settings, a conversation, what the agent did.
import { HOST } from './front.mjs';
import { waitFor } from './shell.mjs';

const expect = (answer, status = 200) => {
  if (answer.status !== status) throw new Error(`expected ${status}: ${answer.status} ${answer.text.slice(0, 500)}`);
  return answer;
};

/** Stores the stand-in model in somebody's settings. */
export async function chooseModel(client, llm, more = {}) {
  const settings = { agent_settings_diff: { llm: { model: llm.model, base_url: llm.url, api_key: llm.key, num_retries: 0, ...more } } };
  expect(await client.post('/api/v1/settings', settings));
}

const message = (text) => ({ role: 'user', content: [{ type: 'text', text }] });

/** The state of a conversation as its owner sees it; `undefined` for others. */
export async function look(client, id) {
  return expect(await client.get(`/api/v1/app-conversations?ids=${id}`)).json()[0] ?? undefined;
}

/** Starts a conversation and waits until its sandbox is ready; gives `{ id, hex }`. */
export async function startConversation(client, text, { seconds = 120 } = {}) {
  const task = expect(await client.post('/api/v1/app-conversations', text === undefined ? {} : { initial_message: message(text) })).json();
  const ready = async () => {
    const [now] = expect(await client.get(`/api/v1/app-conversations/start-tasks?ids=${task.id}`)).json();
    if (now?.status === 'ERROR') return now;
    return now?.status === 'READY' && now;
  };
  const done = await waitFor('the start of a conversation', ready, { seconds, every: 250 });
  if (done.status === 'ERROR') throw new Error(`the conversation did not start: ${done.detail}`);
  const id = done.app_conversation_id;
  return { id, hex: id.replaceAll('-', ''), sandboxId: done.sandbox_id };
}

/** Waits until the agent has come to rest; gives the conversation. */
export function finished(client, { id }, { seconds = 90, states = ['finished', 'error', 'stuck'] } = {}) {
  const rest = async () => {
    const now = await look(client, id);
    return states.includes(now?.execution_status) && now;
  };
  return waitFor(`the agent of ${id}`, rest, { seconds, every: 250 });
}

/** Says something in a conversation that runs. */
export async function say(client, { id }, text) {
  return expect(await client.post(`/api/v1/app-conversations/${id}/send-message`, { ...message(text), run: true }));
}

/** All events of a conversation, from every page. */
export async function events(client, { hex }) {
  const items = [];
  let page = '';
  do {
    const answer = expect(await client.get(`/api/v1/conversation/${hex}/events/search?limit=100${page}`)).json();
    items.push(...answer.items);
    page = answer.next_page_id ? `&page_id=${encodeURIComponent(answer.next_page_id)}` : '';
  } while (page);
  return items;
}

/** What the terminal answered, command by command. */
export const outputs = (items) =>
  items.filter((event) => event.kind === 'ObservationEvent' && event.observation?.command !== undefined)
    .map((event) => ({ command: event.observation.command, exit: event.observation.exit_code, text: event.observation.content.map((part) => part.text ?? '').join('') }));

/** The host of an application in a sandbox. */
export const runtimeHost = ({ hex }, port) => `${port}-${hex}.runtime.${HOST}`;
