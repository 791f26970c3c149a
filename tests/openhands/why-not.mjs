// Prints why the bench cannot run on this machine; nothing if it can.
import { whyNot } from './engine.mjs';

process.stdout.write((await whyNot()) ?? '');
