// What `helm test` runs inside the image. Argument: the Service's address. Exit code 1 and the reason, where a probe fails.
const address = process.argv.at(-1);
for (const path of ['/livez', '/readyz']) {
  const answer = await fetch(`${address}${path}`, { signal: AbortSignal.timeout(10_000) });
  console.log(`${path} ${answer.status}`);
  if (!answer.ok) throw new Error(`${address}${path} answered ${answer.status}: ${await answer.text()}`);
}
const metrics = await fetch(`${address}/metrics`, { signal: AbortSignal.timeout(10_000) });
const text = await metrics.text();
// 401: http.token protects them, and this pod does not have it.
if (metrics.status !== 401 && !text.includes('shardfold_build_info{')) throw new Error(`${address}/metrics has no shardfold_build_info: ${text.slice(0, 200)}`);
console.log(`/metrics ${metrics.status}`);
