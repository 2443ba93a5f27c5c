// How many groups the suite's law of four writers writes. A person may ask for more.

export const suiteOptions = { groups: Number(process.env.SHARDFOLD_TEST_GROUPS ?? 100) };
