// Which servers a test run insists on: SHARDFOLD_TEST_REQUIRE=ferretdb,mariadb turns the skip of their tests into a failure.

export function isRequired(server: string): boolean {
  return (process.env.SHARDFOLD_TEST_REQUIRE ?? '').split(',').some((name) => name.trim() === server);
}

/** Whoever skips tests because a server is not to be had says so here first. Throws where the run insists on it. */
export function assertNotRequired(server: string, reason: string): void {
  if (isRequired(server)) throw new Error(`SHARDFOLD_TEST_REQUIRE names ${server}, which is not to be had: ${reason}`);
}
