// Helpers for viewer requests.

/** Returns the first value of a header, or an empty string. */
export function header(request, name) {
  return String(request.headers[name]?.[0]?.value ?? '');
}

/** Sets a header, replacing existing values. */
export function setHeader(request, name, value) {
  request.headers[name.toLowerCase()] = [{ key: name, value }];
}

/** Removes headers that only this function may set, in any spelling that an application might treat as equal. */
export function removeForged(request) {
  for (const name of Object.keys(request.headers)) {
    const plain = name.toLowerCase().replaceAll('_', '-');
    if (plain.startsWith('x-cognito-') || plain === 'x-runtime-access') delete request.headers[name];
  }
}

/** Adds the headers that identify the user to the origin. */
export function identify(request, claims) {
  setHeader(request, 'X-Cognito-User-Id', claims.sub);
  // Header values must be printable ASCII.
  if (typeof claims.email === 'string' && /^[\x21-\x7e]{1,320}$/.test(claims.email)) {
    setHeader(request, 'X-Cognito-Email', claims.email);
  }
  const verified = claims.email_verified === true || claims.email_verified === 'true';
  setHeader(request, 'X-Cognito-Email-Verified', String(verified));
}

export function isUpgrade(request) {
  return header(request, 'upgrade').toLowerCase() === 'websocket';
}

/** Returns true for a page navigation, which can follow a redirect to the login. */
export function isNavigation(request) {
  const mode = header(request, 'sec-fetch-mode');
  const accept = header(request, 'accept');
  return !isUpgrade(request) && (mode === '' || mode === 'navigate') && (accept === '' || accept.includes('text/html'));
}

/** Returns true for a same-origin request. Browsers send at least one of these headers. */
export function isSameOrigin(request, settings) {
  const [origin, site] = [header(request, 'origin'), header(request, 'sec-fetch-site')];
  return (
    (origin !== '' || site !== '') &&
    (origin === '' || origin === `https://${settings.full_domain}`) &&
    (site === '' || site === 'same-origin')
  );
}

/** Returns the path and the query. */
export function target(request) {
  return request.querystring ? `${request.uri}?${request.querystring}` : request.uri;
}

/** Returns the target of a request for a redirect on its host, or `/` if it is not a valid header value. */
export function back(request) {
  const place = target(request);
  return /^\/[\x21-\x7e]*$/.test(place) ? place : '/';
}

/** Returns the target if it is a path on this host, otherwise `/`. Rejects targets that browsers resolve to other hosts. */
export function safeTarget(place) {
  const isPath = typeof place === 'string' && place.startsWith('/') && !place.startsWith('//');
  const isPlain = isPath && place.length <= 2000 && /^[\x21-\x7e]+$/.test(place) && !place.includes('\\');
  return isPlain && !/^\/_(callback|logout|token)(?![^/?])/.test(place) ? place : '/';
}

/** Returns true if a path contains dot segments, also percent-encoded ones, which the next server would resolve. */
export function leadsUp(uri) {
  const decoded = uri.replace(/%([0-9a-f]{2})/gi, (_, digits) => String.fromCharCode(Number.parseInt(digits, 16)));
  return decoded.split(/[/\\]/).some((segment) => segment === '.' || segment === '..');
}
