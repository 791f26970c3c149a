// Lambda@Edge, viewer request: who may pass, and where to.
import { createHandler } from './handler.mjs';
import { settings } from './settings.mjs';

export const handler = createHandler(settings);
