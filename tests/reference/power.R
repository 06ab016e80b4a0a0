# Sample sizes from R, to hold `cxresearch.stats.sample_size` against. Run: Rscript power.R > power.csv
# R 4; stats::power.t.test; pROC (GPL: values only)
suppressMessages(library(pROC))
options(digits = 12)
cat("what,a,b,c,power,n\n")
row <- function(...) cat(paste(..., sep = ","), "\n", sep = "")

for (delta in c(0.1, 0.3, 0.5)) for (p in c(0.8, 0.9)) {
  row("two groups", delta, 1, 0.05, p, power.t.test(delta = delta, sd = 1, power = p, tol = 1e-10)$n)
  row("paired", delta, 1, 0.05, p, power.t.test(delta = delta, sd = 1, power = p, type = "paired", tol = 1e-10)$n)
}
# noncentral t of Williams' test, from its formula
williams <- function(n, a, b, c, p) {
  R <- 1 - a^2 - b^2 - c^2 + 2 * a * b * c; m <- (a + b) / 2
  d <- (a - b) * sqrt((n - 1) * (1 + c) / (2 * (n - 1) / (n - 3) * R + m^2 * (1 - c)^3))
  pt(qt(0.975, n - 3), n - 3, d, lower.tail = FALSE) - p
}
for (z in list(c(0.5, 0.4, 0.6), c(0.3, 0.04, 0.2), c(0.7, 0.6, 0.8))) for (p in c(0.8, 0.9))
  row("williams", z[1], z[2], z[3], p, uniroot(williams, c(8, 1e5), z[1], z[2], z[3], p, tol = 1e-8)$root)
# DeLong's variance of a difference of AUCs, times the customers in either group: 5,000 normal scores a group, whose
# sample correlations are exact. Not pROC::power.roc.test: it takes another variance for the level (both AUCs as the first)
set.seed(1); N <- 5000
for (z in list(c(0.70, 0.75, 0.5), c(0.70, 0.80, 0.5), c(0.80, 0.85, 0.6))) {
  S <- matrix(c(1, z[3], z[3], 1), 2)
  x <- rbind(MASS::mvrnorm(N, sqrt(2) * qnorm(z[1:2]), S, empirical = TRUE), MASS::mvrnorm(N, c(0, 0), S, empirical = TRUE))
  first <- roc(rep(1:0, each = N), x[, 1], quiet = TRUE, direction = "<")
  second <- roc(rep(1:0, each = N), x[, 2], quiet = TRUE, direction = "<")
  row("auc", z[1], z[2], z[3], NaN, N * (var(first) + var(second) - 2 * cov(first, second)))
}
