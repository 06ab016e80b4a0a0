# Williams' t, the two-sample Fisher z and the Fisher interval by R's psych.
# Run: Rscript correlations_psych.R   (made with psych 2.2.9, R 4.2.2; writes correlations_psych.csv beside it)
library(psych)
rows <- list()
for (n in c(12, 60, 250, 2000)) for (a in c(-.4, 0, .343, .7)) for (b in c(-.2, .1, .542)) for (ab in c(-.1, .3, .481)) {
  if (1 - a^2 - b^2 - ab^2 + 2 * a * b * ab <= 0.01) next
  # r.test: r12 and r13 share variable 1; r23 is between the two metrics. It reports t unsigned or signed by version
  w <- r.test(n = n, r12 = a, r13 = b, r23 = ab)
  p <- paired.r(a, b, n = n, n2 = 2 * n)
  ci <- r.con(a, n, p = .90)
  rows[[length(rows) + 1]] <- data.frame(n, r_ay = a, r_by = b, r_ab = ab, t = w$t, p_t = w$p, z_abs = abs(p$z),
                                         low = ci[1], high = ci[2])
}
out <- do.call(rbind, rows)
write.table(format(out, digits = 16, trim = TRUE), "correlations_psych.csv", sep = ",", row.names = FALSE, quote = FALSE)
