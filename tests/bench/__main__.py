"""``make bench``: every figure of docs/performance.md, one after the other, as ratios of one run where it can be."""

from tests.bench import import_bench, search_bench, sign_in_bench, start_bench

search_bench.main()
start_bench.main()
import_bench.main()
sign_in_bench.main()
