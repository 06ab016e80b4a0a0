# Reference values of tests/test_kpi.py and tests/stats/test_events.py, in base R (stats), 4.x.
# Run in this folder: Rscript kpi.R > kpi.csv
out <- data.frame()
put <- function(case, estimate, low, high)
  out <<- rbind(out, data.frame(case, estimate, low, high))

wilson <- function(case, x, n) {
  found <- prop.test(x, n, correct = FALSE)
  put(case, 100 * x / n, 100 * found$conf.int[1], 100 * found$conf.int[2])
}
wilson("retention 112 31 263", 112 - 31, 263)
wilson("response 6800 16000", 6800, 16000)
wilson("nobody of 20", 0, 20)
wilson("all of 20", 20, 20)

rate <- function(case, x, t) {
  found <- poisson.test(x, t / 1000)
  put(case, x * 1000 / t, found$conf.int[1], found$conf.int[2])
}
rate("complaints 0 1000", 0, 1000)
rate("complaints 10 4000", 10, 4000)
rate("complaints 71 12345.5", 71, 12345.5)

growth <- function(case, now, before, t_now = 1, t_before = 1) {
  found <- poisson.test(c(now, before), c(t_now, t_before))
  put(case, 100 * (unname(found$estimate) - 1), 100 * (found$conf.int[1] - 1), 100 * (found$conf.int[2] - 1))
}
growth("growth 100 134", 134, 100)
growth("growth 5 0", 0, 5)
growth("growth 40 60 of 1000 1500", 60, 40, 1500, 1000)
found <- poisson.test(c(30, 20), c(4000, 5000))
put("sites 30 4000 20 5000", unname(found$estimate), found$conf.int[1], found$conf.int[2])

times <- c(4, 9, 12, 15, 18, 25, 31, 240, 3, 7, 66, 19, 21, 22, 90, 14, 5, 11, 13, 400)
k <- qbinom(0.025, length(times), 0.5)
put("median of 20 times", median(times), sort(times)[k], sort(times)[length(times) + 1 - k])

for (case in list(c(52, 4), c(0, 3), c(1200, 10))) # Jeffreys' gamma posterior, predicted
  put(paste("next week", case[1], case[2]), case[1] / case[2],
      qnbinom(0.025, case[1] + 0.5, case[2] / (case[2] + 1)), qnbinom(0.975, case[1] + 0.5, case[2] / (case[2] + 1)))

# SERVQUAL: ten customers, two items of one dimension, received and expected
P <- cbind(c(5, 6, 3, 5, 4, 7, 6, 2, 5, 4), c(4, 6, 4, 6, 4, 6, 7, 3, 5, 5))
E <- cbind(c(7, 6, 7, 6, 7, 7, 6, 5, 6, 7), c(7, 7, 6, 7, 6, 7, 7, 5, 6, 6))
found <- t.test(rowMeans(P), rowMeans(E), paired = TRUE)
put("gap", unname(found$estimate), found$conf.int[1], found$conf.int[2])
found <- t.test(rowMeans(P))
put("perception", unname(found$estimate), found$conf.int[1], found$conf.int[2])
alpha <- function(x) ncol(x) / (ncol(x) - 1) * (1 - sum(diag(cov(x))) / sum(cov(x)))
p <- rowMeans(P); e <- rowMeans(E)
put("alpha perception", alpha(P), NA, NA)
put("alpha expectation", alpha(E), NA, NA)
put("correlation", cor(p, e), NA, NA)
# true-score variance of p - e over its variance, errors unrelated
put("reliability of the gap", (alpha(P) * var(p) + alpha(E) * var(e) - 2 * cov(p, e)) / var(p - e), NA, NA)

write.csv(format(out, digits = 15, trim = TRUE), row.names = FALSE, quote = 1)
