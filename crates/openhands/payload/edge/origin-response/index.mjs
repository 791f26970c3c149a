// Lambda@Edge, origin response: headers that keep pages fresh and applications apart.
import { createHandler } from './handler.mjs';
import { settings } from './settings.mjs';

export const handler = createHandler(settings);
