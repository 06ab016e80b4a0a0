# Cronbach's alpha and its Feldt interval by R's psych, on arithmetic data (no row of anyone's survey).
# Run: Rscript reliability_psych.R   (made with psych 2.2.9, R 4.2.2; writes reliability_psych.csv beside it)
library(psych)
i <- 0:79
base <- (29 * i) %% 41
items <- sapply(1:5, function(j) pmin(9, (base + j * ((17 * i + 5 * j) %% (7 + 3 * j))) %/% (5 + j)))
out <- do.call(rbind, lapply(2:5, function(k) {
  a <- alpha(as.data.frame(items[, 1:k]), warnings = FALSE)
  ci <- alpha.ci(a$total$raw_alpha, n.obs = 80, n.var = k, p.val = 0.10)
  data.frame(k, raw = a$total$raw_alpha, standardised = a$total$std.alpha, low = ci$lower.ci, high = ci$upper.ci,
             without_first = if (k > 2) a$alpha.drop$raw_alpha[1] else NA)
}))
for (column in names(out)[-1]) out[[column]] <- format(out[[column]], digits = 16, trim = TRUE)
write.csv(out, "reliability_psych.csv", row.names = FALSE, quote = FALSE)
