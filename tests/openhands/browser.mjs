// Chromium in front of the edge. It resolves only the hosts of the deployment, to `front`.
import { createRequire } from 'node:module';
import { join } from 'node:path';

import { HOST } from './front.mjs';
import { CACHE, cacheFolder } from './shell.mjs';

const FLAGS = [
  '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync',
];

/** The directory of screenshots, outside the checkout. */
export const PICTURES = cacheFolder('pictures');

/** A phone in light mode and a desktop in dark mode. */
export const SCREENS = [
  { name: 'phone', viewport: { width: 360, height: 640 }, colorScheme: 'light' },
  { name: 'dark', viewport: { width: 1024, height: 640 }, colorScheme: 'dark' },
];

function driver() {
  const require = createRequire(join(CACHE, 'browser/package.json'));
  try {
    return require('playwright-core').chromium;
  } catch (error) {
    throw new Error(`failed to load playwright-core: run \`cargo xtask openhands\` (${error.message})`);
  }
}

/** Starts Chromium with a temporary profile. */
export async function startBrowser(front) {
  const hosts = `--host-resolver-rules=MAP *.example.com 127.0.0.1:${front.securePort}, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1`;
  const chromium = await driver().launch({ executablePath: '/usr/bin/chromium', args: [...FLAGS, hosts] });
  const browser = { stop: () => chromium.close() };
  /** Opens a window with separate cookies; `problems` contains the errors in the console. */
  browser.open = async (options = {}) => {
    const context = await chromium.newContext({ ignoreHTTPSErrors: true, ...options });
    const page = await context.newPage();
    const problems = [];
    page.on('pageerror', (error) => problems.push(error.message));
    page.on('console', (message) => {
      // Chromium logs every status of 400 or higher, including the status of the page itself.
      const isStatus = message.text().startsWith('Failed to load resource') && message.location().url === page.url();
      if (message.type() === 'error' && !isStatus) problems.push(`${message.text()} (${message.location().url})`);
    });
    return { context, page, problems, close: () => context.close() };
  };
  return browser;
}

/** Logs in a user by opening a page of the site. */
export async function loginInBrowser(window, cognito, user, path = '/') {
  cognito.nextClaims = { sub: user.id, email: user.email, email_verified: true };
  const response = await window.page.goto(`https://${HOST}${path}`);
  cognito.nextClaims = {};
  return response;
}

/** Takes a screenshot and returns the measurements of the page. */
export async function look(page, name) {
  await page.screenshot({ path: join(PICTURES, `${name}.png`) });
  return page.evaluate(measure);
}

/** Runs in the page: returns its language, title, heading, links, overflow, text, smallest font size and lowest text contrast. */
function measure() {
  const canvas = document.body.appendChild(document.createElement('i'));
  const rgb = (color) => color.match(/[\d.]+/g).map(Number);
  const system = (color) => {
    canvas.style.backgroundColor = color;
    return rgb(getComputedStyle(canvas).backgroundColor);
  };
  const sheet = system('Canvas');
  canvas.remove();
  const light = ([r, g, b]) => {
    const linear = [r, g, b].map((one) => (one / 255 <= 0.04045 ? one / 255 / 12.92 : ((one / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  };
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = rgb(getComputedStyle(at).backgroundColor);
      if (color.length === 3 || color[3] === 1) return color;
    }
    return sheet;
  };
  const contrast = (element) => {
    const [a, b] = [light(rgb(getComputedStyle(element).color)), light(behind(element))];
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  };
  const texts = [...document.body.querySelectorAll('*')].filter((one) => [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== ''));
  const isVisible = (one) => one?.checkVisibility() && one.getBoundingClientRect().bottom <= innerHeight;
  const heading = document.querySelector('h1');
  const links = [...document.links].filter(isVisible);
  return {
    language: document.documentElement.lang,
    title: document.title,
    heading: isVisible(heading) ? heading.textContent : undefined,
    links: links.map((one) => [one.textContent, one.href]),
    overflow: document.documentElement.scrollWidth - innerWidth,
    smallest: Math.min(...texts.map((one) => Number.parseFloat(getComputedStyle(one).fontSize))),
    contrast: Math.min(...texts.map(contrast)),
    text: document.body.innerText,
  };
}

/** Returns the file name of a screenshot, without extension. */
export const pictureOf = (name, screen) => `${name.toLowerCase().replace(/[^a-z0-9]+/g, '-').slice(0, 60)}-${screen}`;
