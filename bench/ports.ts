/** Where the other end of the benchmark listens, in the lab's stand-in internet. */
export const FAR_END = { echo: 9001, source: 9002, drain: 9003, https: 443 } as const;
