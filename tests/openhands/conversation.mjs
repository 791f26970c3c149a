// A conversation of a user with an agent, with the API routes of the OpenHands page.
import { waitFor } from './shell.mjs';

const FINISHED = ['finished', 'error', 'stuck'];
const dashed = (id) => id.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
const message = (text) => ({ role: 'user', content: [{ type: 'text', text }] });

/** Selects the fake model in the settings of a user. */
export async function chooseModel(user, llm) {
  const chosen = { model: llm.model, base_url: llm.url, api_key: llm.key };
  const answer = await user.post('/api/v1/settings', { agent_settings_diff: { llm: chosen } });
  if (answer.status !== 200) throw new Error(`settings: ${answer.status} ${answer.text}`);
}

/** Starts a conversation with a message and waits until its agent is ready. Returns the result of `conversationOf`. */
export async function startConversation(user, text, { body = {}, seconds = 180 } = {}) {
  const begun = await user.post('/api/v1/app-conversations', { initial_message: text && message(text), ...body });
  if (begun.status !== 200) throw new Error(`start: ${begun.status} ${begun.text}`);
  const task = begun.json();
  const read = async () => (await user.get(`/api/v1/app-conversations/start-tasks?ids=${task.id}`)).json()[0];
  const done = await waitFor('the start of a conversation', async () => {
    const now = await read();
    return ['READY', 'ERROR'].includes(now.status) ? now : undefined;
  }, { seconds, every: 500 });
  if (done.status !== 'READY') throw new Error(`the conversation did not start: ${done.detail}`);
  return conversationOf(user, done.app_conversation_id, done);
}

/** Returns an existing conversation with its operations. */
export function conversationOf(user, id, task) {
  const conversation = { user, id, task, sandbox: `oh-agent-server-${id}`, agent: `/runtime/${id}/8000` };
  conversation.read = async () => (await user.get(`/api/v1/app-conversations?ids=${id}`)).json()[0];
  /** Reads the conversation from the list, which does not open it. */
  conversation.listed = async () => (await user.get('/api/v1/app-conversations/search')).json().items.find((one) => one.id === id);
  conversation.events = async () => {
    const all = [];
    for (let page = ''; page !== undefined; ) {
      const answer = await user.get(`/api/v1/conversation/${dashed(id)}/events/search?limit=100${page && `&page_id=${page}`}`);
      if (answer.status !== 200) throw new Error(`events: ${answer.status} ${answer.text}`);
      const { items, next_page_id: next } = answer.json();
      all.push(...items);
      page = next ?? undefined;
    }
    return all;
  };
  /** Waits until the sandbox of the agent is running. */
  conversation.running = (seconds = 180) =>
    waitFor(`the sandbox of ${id}`, async () => {
      const now = await conversation.read();
      return now.sandbox_status === 'RUNNING' ? now : undefined;
    }, { seconds, every: 500 });
  /** Sends a request to the agent server through the edge, with the key of the sandbox. */
  conversation.ask = async (method, path, body) => {
    const { session_api_key: key } = await conversation.running();
    return user.request(method, `${conversation.agent}${path}`, { body, headers: { 'X-Session-API-Key': key } });
  };
  /** Sends a message to the agent, like the page, and waits for the end of its turn. */
  conversation.say = async (text) => {
    const before = (await conversation.finishes()).length;
    const answer = await conversation.ask('POST', `/api/conversations/${dashed(id)}/events`, { ...message(text), run: true });
    if (answer.status !== 200) throw new Error(`message: ${answer.status} ${answer.text}`);
    await conversation.finished(before + 1);
  };
  /** Returns the final texts of the agent's turns from the stored events. */
  conversation.finishes = async () => {
    const events = await conversation.events();
    const ends = (one) => one.kind === 'ObservationEvent' && one.tool_name === 'finish';
    return events.filter(ends).map((one) => JSON.stringify(one.observation));
  };
  /** Waits until the agent has finished this number of turns and all events are stored. */
  conversation.finished = (times = 1, seconds = 120) =>
    waitFor(`the end of turn ${times} of ${id}`, async () => {
      const now = await conversation.read();
      return FINISHED.includes(now.execution_status) && (await conversation.finishes()).length >= times ? now : undefined;
    }, { seconds, every: 500 });
  /** Runs commands through the agent and returns the output of the last command. */
  conversation.shell = async (...commands) => {
    const before = (await conversation.events()).filter(isTerminal).length;
    await conversation.say(`${commands.map((one) => `run: ${one}`).join('\n')}\nsay: done`);
    const outputs = (await conversation.events()).filter(isTerminal);
    if (outputs.length < before + commands.length) throw new Error(`${outputs.length - before} of ${commands.length} commands ran`);
    return textOf(outputs.at(-1));
  };
  conversation.application = (port, path = '/', who = user) =>
    who.navigate(path, { host: `${port}-${id}.runtime.openhands.example.com` });
  return conversation;
}

const isTerminal = (event) => event.kind === 'ObservationEvent' && ['terminal', 'execute_bash'].includes(event.tool_name);
const textOf = ({ observation }) => (observation.content ?? []).map((part) => part.text ?? '').join('');
