// What is asked of a request.

/** The first value of a header, or an empty text. */
export function header(request, name) {
  return String(request.headers[name]?.[0]?.value ?? '');
}

/** Replaces a header. */
export function setHeader(request, name, value) {
  request.headers[name.toLowerCase()] = [{ key: name, value }];
}

/** What only this function may say to the origin is removed, in any spelling that an application might take for the same. */
export function removeForged(request) {
  for (const name of Object.keys(request.headers)) {
    const plain = name.toLowerCase().replaceAll('_', '-');
    if (plain.startsWith('x-cognito-') || plain === 'x-runtime-access') delete request.headers[name];
  }
}

/** Tells the origin who is asking. */
export function identify(request, claims) {
  setHeader(request, 'X-Cognito-User-Id', claims.sub);
  // What is not plain text cannot be in a header.
  if (typeof claims.email === 'string' && /^[\x21-\x7e]{1,320}$/.test(claims.email)) {
    setHeader(request, 'X-Cognito-Email', claims.email);
  }
  const verified = claims.email_verified === true || claims.email_verified === 'true';
  setHeader(request, 'X-Cognito-Email-Verified', String(verified));
}

export function isUpgrade(request) {
  return header(request, 'upgrade').toLowerCase() === 'websocket';
}

/** Whether the answer is for a person who looks at a page, who can follow a redirect to the login. */
export function isNavigation(request) {
  const mode = header(request, 'sec-fetch-mode');
  const accept = header(request, 'accept');
  return !isUpgrade(request) && (mode === '' || mode === 'navigate') && (accept === '' || accept.includes('text/html'));
}

/** Whether a script of this very site sends it. A browser says so in one of these headers at least. */
export function isSameOrigin(request, settings) {
  const [origin, site] = [header(request, 'origin'), header(request, 'sec-fetch-site')];
  return (
    (origin !== '' || site !== '') &&
    (origin === '' || origin === `https://${settings.full_domain}`) &&
    (site === '' || site === 'same-origin')
  );
}

/** The path and the query. */
export function target(request) {
  return request.querystring ? `${request.uri}?${request.querystring}` : request.uri;
}

/** Where a request came from, on its host; the start if that cannot be in a header. */
export function back(request) {
  const place = target(request);
  return /^\/[\x21-\x7e]*$/.test(place) ? place : '/';
}

/** A place on this host, or the start: nothing that a browser would take for another host. */
export function safeTarget(place) {
  const isPath = typeof place === 'string' && place.startsWith('/') && !place.startsWith('//');
  const isPlain = isPath && place.length <= 2000 && /^[\x21-\x7e]+$/.test(place) && !place.includes('\\');
  return isPlain && !/^\/_(callback|logout|token)(?![^/?])/.test(place) ? place : '/';
}

/** Whether a path leads up, also when it is written in another way: the next server would resolve it. */
export function leadsUp(uri) {
  const decoded = uri.replace(/%([0-9a-f]{2})/gi, (_, digits) => String.fromCharCode(Number.parseInt(digits, 16)));
  return decoded.split(/[/\\]/).some((segment) => segment === '.' || segment === '..');
}
