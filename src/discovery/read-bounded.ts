export { readBoundedText as readBounded } from '../profiles/read-text.ts';
