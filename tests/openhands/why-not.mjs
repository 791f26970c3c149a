// Prints the reason why the bench cannot run on this machine; prints nothing if it can.
import { whyNot } from './engine.mjs';

process.stdout.write((await whyNot()) ?? '');
