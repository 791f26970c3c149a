// Modifies origin responses before CloudFront returns them.

const APPLICATION_HEADERS = {
  'X-Frame-Options': 'SAMEORIGIN',
  'X-Content-Type-Options': 'nosniff',
  'X-XSS-Protection': '1; mode=block',
  'Referrer-Policy': 'strict-origin-when-cross-origin',
  'Content-Security-Policy':
    "frame-ancestors 'self'; default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob: https:;",
};

const FRESH_HEADERS = {
  'Cache-Control': 'no-cache, no-store, must-revalidate',
  Pragma: 'no-cache',
  Expires: '0',
};

function set(response, headers) {
  for (const [name, value] of Object.entries(headers)) {
    response.headers[name.toLowerCase()] = [{ key: name, value }];
  }
}

/** Restricts a cookie of an application to its host. Returns undefined for cookies that impersonate a login. */
function contained(cookie) {
  const [pair, ...attributes] = cookie.split(';').map((piece) => piece.trim());
  const at = pair.indexOf('=');
  const name = at < 0 ? '' : pair.slice(0, at).trim();
  // Browsers send a cookie without a name as its bare value, which could be `id_token=…`.
  if (name === '' || name === 'id_token' || name === 'refresh_token') return undefined;
  const named = (attribute) => attribute.split('=')[0].trim().toLowerCase();
  const kept = attributes.filter((attribute) => attribute !== '' && named(attribute) !== 'domain');
  if (!kept.some((attribute) => named(attribute) === 'secure')) kept.push('Secure');
  if (!kept.some((attribute) => named(attribute) === 'samesite')) kept.push('SameSite=Strict');
  return [pair, ...kept].join('; ');
}

function ofApplication(response) {
  set(response, APPLICATION_HEADERS);
  const cookies = response.headers['set-cookie'];
  if (!cookies) return;
  const kept = cookies.map(({ value }) => contained(String(value ?? ''))).filter((value) => value !== undefined);
  if (kept.length === 0) {
    delete response.headers['set-cookie'];
  } else {
    response.headers['set-cookie'] = kept.map((value) => ({ key: 'Set-Cookie', value }));
  }
}

/** Isolates agent server responses on the main host: documents of a sandbox cannot run scripts there or set login cookies. */
function ofAgentServer(response) {
  set(response, { 'Content-Security-Policy': 'sandbox', 'X-Content-Type-Options': 'nosniff' });
  delete response.headers['set-cookie'];
}

function isPage(request, response) {
  const type = String(response.headers['content-type']?.[0]?.value ?? '').toLowerCase();
  const { uri } = request;
  return (
    uri === '/' || uri.endsWith('.html') || /^\/(conversations|settings)/.test(uri) || type.startsWith('text/html')
  );
}

export function createHandler(settings) {
  return async function handler(event) {
    const { request, response } = event.Records[0].cf;
    try {
      const host = String(request.headers.host?.[0]?.value ?? '').toLowerCase();
      if (host.endsWith(`.runtime.${settings.full_domain}`)) {
        ofApplication(response);
      } else if (request.uri.startsWith('/runtime/')) {
        ofAgentServer(response);
      } else if (isPage(request, response)) {
        set(response, FRESH_HEADERS);
      }
    } catch (error) {
      console.error('failed to modify the response:', error?.name);
    }
    return response;
  };
}
