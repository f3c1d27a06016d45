// `TEST_SEED=<n>` makes the random tests choose what an earlier run chose; without it each run chooses anew.

const given = process.env.TEST_SEED;

/** For fast-check's parameters. */
export const givenSeed: { readonly seed?: number } = given === undefined ? {} : { seed: Number(given) };
