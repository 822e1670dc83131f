/** What a copy does unless told otherwise. */

/** Cases of a chunk: some 50 ms of work. */
export const chunkSize = 500;

/** The share of the time that a copy works; below 1 it rests after each chunk. */
export const defaultPace = 1;
