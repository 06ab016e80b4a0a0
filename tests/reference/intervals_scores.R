# Reference values for cxresearch.stats.intervals. Run in this folder: Rscript intervals_scores.R
# Base R only; Tango's interval is solved with uniroot from the formulas of his paper (1998).
options(digits = 17)

tango <- function(b, c, n, conf) {
  z <- qnorm(1 - (1 - conf) / 2)
  statistic <- function(delta) {
    B <- (2 * n - b + c) * delta - b - c
    C <- -c * delta * (1 - delta)
    q <- (sqrt(B^2 - 4 * 2 * n * C) - B) / (4 * n)
    (b - c - n * delta) / sqrt(n * (2 * q + delta * (1 - delta)))
  }
  edge <- 1e-12
  root <- function(level, from, to) uniroot(function(d) statistic(d) - level, c(from, to), tol = 1e-15)$root
  d <- (b - c) / n
  100 * c(root(z, -1 + edge, d - edge), root(-z, d + edge, 1 - edge))
}

out <- data.frame()
add <- function(...) out <<- rbind(out, data.frame(...))
for (case in list(c(25, 20, 100), c(12, 2, 20), c(40, 12, 70), c(3, 3, 9))) {
  for (conf in c(0.95, 0.9)) {
    ends <- tango(case[1], case[2], case[3], conf)
    add(kind = "net", method = "score", up = case[1], down = case[2], n = case[3], conf = conf,
        low = ends[1], high = ends[2])
  }
}
for (case in list(c(41, 50), c(3, 10), c(0, 12), c(98, 100))) {
  for (conf in c(0.95, 0.9)) {
    ends <- 100 * prop.test(case[1], case[2], conf.level = conf, correct = FALSE)$conf.int  # Wilson
    add(kind = "share", method = "score", up = case[1], down = 0, n = case[2], conf = conf,
        low = ends[1], high = ends[2])
  }
}
for (case in list(c(30, 10, 100), c(5, 1, 9))) {
  x <- rep(c(100, -100, 0), c(case[1], case[2], case[3] - case[1] - case[2]))
  ends <- t.test(x)$conf.int
  add(kind = "mean", method = "t", up = case[1], down = case[2], n = case[3], conf = 0.95,
      low = ends[1], high = ends[2])
}
out[c("low", "high")] <- lapply(out[c("low", "high")], function(x) trimws(formatC(x, digits = 17, format = "g")))
write.csv(out, "intervals_scores.csv", row.names = FALSE, quote = FALSE)
