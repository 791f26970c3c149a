// Lambda@Edge, viewer request: authentication and routing.
import { createHandler } from './handler.mjs';
import { settings } from './settings.mjs';

export const handler = createHandler(settings);
