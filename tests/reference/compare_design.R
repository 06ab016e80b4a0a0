# Reference values for comparisons under a survey design, made with R's survey package (4.1-1 on R 4.2.2).
# Run in this folder: Rscript compare_design.R
# It writes compare_design_rows.csv (480 made-up rows, by arithmetic) and compare_design.csv: Taylor-linearised
# errors of two correlations with one outcome and of their difference, each a function of weighted means, and of
# a ratio of two totals.
suppressPackageStartupMessages(library(survey))
options(digits = 17, survey.lonely.psu = "fail")

i <- 0:479
cluster <- i %/% 8
mood <- (cluster * 7) %% 5                      # what customers of one cluster share
taste <- (i * 11 + (i %/% 7)) %% 9
clip <- function(x, low, high) pmin(pmax(x, low), high)
rows <- data.frame(
  row     = i,
  a       = clip((taste + mood) %/% 2 + ((i * 5) %% 3) - 0, 1, 7),
  b       = clip((taste + 2 * ((i * 13) %% 5)) %/% 3 + 1, 1, 5),
  y       = clip(taste + mood - 2 + ((i * 17) %% 4), 0, 10),
  weight  = c(0.5, 1, 1.5, 2.5)[1 + (i * 3 + i %/% 11) %% 4],
  stratum = ifelse(cluster < 20, 1, ifelse(cluster < 44, 2, 3)),
  cluster = cluster
)
write.csv(rows, "compare_design_rows.csv", row.names = FALSE, quote = FALSE)
products <- transform(rows, aa = a^2, bb = b^2, yy = y^2, ay = a * y, by = b * y, one = 1)

designs <- list(
  srs      = svydesign(ids = ~1, weights = ~one, data = products),
  weights  = svydesign(ids = ~1, weights = ~weight, data = products),
  strata   = svydesign(ids = ~1, strata = ~stratum, weights = ~weight, data = products),
  clusters = svydesign(ids = ~cluster, weights = ~weight, data = products),
  full     = svydesign(ids = ~cluster, strata = ~stratum, weights = ~weight, data = products)
)
r_a <- quote((ay - a * y) / sqrt((aa - a^2) * (yy - y^2)))
r_b <- quote((by - b * y) / sqrt((bb - b^2) * (yy - y^2)))
gap <- call("-", r_a, r_b)

out <- data.frame()
for (name in names(designs)) {
  d <- designs[[name]]
  means <- svymean(~ a + b + y + aa + bb + yy + ay + by, d)
  for (what in c("r_a", "r_b", "gap")) {
    found <- svycontrast(means, setNames(list(get(what)), what))
    out <- rbind(out, data.frame(design = name, what, estimate = coef(found)[[1]], std_error = SE(found)[[1]],
                                 df = degf(d)))
  }
  ratio <- svyratio(~y, ~a, d)
  out <- rbind(out, data.frame(design = name, what = "ratio", estimate = coef(ratio)[[1]],
                               std_error = SE(ratio)[[1]], df = degf(d)))
}
out$estimate <- sprintf("%.15g", out$estimate)
out$std_error <- sprintf("%.15g", out$std_error)
write.csv(out, "compare_design.csv", row.names = FALSE, quote = FALSE)
