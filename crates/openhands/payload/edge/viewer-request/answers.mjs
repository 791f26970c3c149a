// Responses generated at the edge, without the origin.

const DESCRIPTIONS = {
  200: 'OK',
  302: 'Found',
  307: 'Temporary Redirect',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
};

function answer(status, type, body, cookies = [], more = {}) {
  const headers = { 'cache-control': [{ key: 'Cache-Control', value: 'no-store' }] };
  const set = (name, value) => {
    headers[name.toLowerCase()] = [{ key: name, value }];
  };
  if (body !== '') {
    set('Content-Type', `${type}; charset=utf-8`);
    set('X-Content-Type-Options', 'nosniff');
  }
  for (const [name, value] of Object.entries(more)) set(name, value);
  if (cookies.length > 0) headers['set-cookie'] = cookies.map((value) => ({ key: 'Set-Cookie', value }));
  return { status: String(status), statusDescription: DESCRIPTIONS[status], headers, body };
}

export function redirect(location, cookies, status = 302) {
  return answer(status, '', '', cookies, { Location: location });
}

export function json(status, value, cookies, more) {
  return answer(status, 'application/json', JSON.stringify(value), cookies, more);
}

export function text(status, message) {
  return answer(status, 'text/plain', message);
}

function escape(value) {
  return value.replace(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`);
}

const STYLE =
  ':root{color-scheme:light dark}' +
  'body{font:16px/1.5 system-ui,sans-serif;max-width:32rem;margin:20vh auto;padding:0 1rem;overflow-wrap:break-word}' +
  'h1{font-size:1.5rem;line-height:1.25}';

/** Returns a page that explains a problem, with a link to continue. */
export function page(status, title, message, { href = '/', label = 'Log in again', cookies } = {}) {
  const body = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>${escape(title)}</title>
<style>${STYLE}</style></head>
<body><main><h1>${escape(title)}</h1><p>${escape(message)}</p><p><a href="${escape(href)}">${escape(label)}</a></p></main></body>
</html>
`;
  const policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";
  return answer(status, 'text/html', body, cookies, { 'Content-Security-Policy': policy });
}
