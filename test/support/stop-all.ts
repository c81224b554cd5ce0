import { stopAll } from './stopped-at-last.ts';

afterAll(stopAll);
