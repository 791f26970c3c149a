// Lambda@Edge, origin response: cache headers of pages and isolation of applications.
import { createHandler } from './handler.mjs';
import { settings } from './settings.mjs';

export const handler = createHandler(settings);
