/** What a copy does unless told otherwise. */

/** Cases of a chunk, at most: some 50 ms of work. */
export const chunkSize = 500;

/** The share of the time that a copy works; below 1 it rests after each chunk. */
export const defaultPace = 1;

/** Cases that are read of a suite before it is known how large they are. */
export const firstRead = 50;

/** Bytes that a copy aims to read at once: some chunks of ordinary cases, less than one of large ones. */
export const readBytes = 2 ** 22;

/** Bytes with which a read ends, where cases are larger than those before. */
export const mostReadBytes = 4 * readBytes;
