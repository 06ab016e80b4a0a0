# Reference values for cxresearch.stats.splines, made with R's splines and survey packages.
# Run in this folder: Rscript splines_survey.R
# It writes splines_rows.csv (160 made-up rows, by arithmetic) and splines_survey.csv (what R says of them).
suppressPackageStartupMessages({library(splines); library(survey)})
options(digits = 17)

i <- 0:159
rows <- data.frame(
  x = (i * 37) %% 101 / 4, z = (i * 13) %% 7, level = c(0, 0, 0, 1, 1, 2, 3, 4)[1 + (i * 5 + i %/% 9) %% 8],
  weight = 0.5 + ((i * 11) %% 13) / 6, cluster = i %/% 5
)
rows$y <- round(2 + 3 * sin(rows$x / 6) + 0.4 * rows$z - 0.3 * rows$level^1.5 + ((i * 29) %% 17) / 6 + (rows$cluster %% 4) / 3, 6)
write.csv(rows, "splines_rows.csv", row.names = FALSE, quote = FALSE)

knots <- c(1, 8, 16, 24)
N <- ns(rows$x, knots = knots[2:3], Boundary.knots = knots[c(1, 4)])
rows$n1 <- N[, 1]; rows$n2 <- N[, 2]; rows$n3 <- N[, 3]
design <- svydesign(ids = ~cluster, weights = ~weight, data = rows)
plain <- svydesign(ids = ~1, weights = ~weight, data = rows)
out <- data.frame()
keep <- function(what, value) out <<- rbind(out, data.frame(what = what, value = unname(as.numeric(value))))
# x + two of the three columns of ns() span the same space, so dropping the two tests the line against the curve
for (name in c("clusters", "rows")) {
  d <- if (name == "clusters") design else plain
  curve <- svyglm(y ~ x + n2 + n3 + z, d)
  test <- regTermTest(curve, ~ n2 + n3, method = "Wald")
  keep(paste(name, "curve F"), test$Ftest[1]); keep(paste(name, "curve df"), test$ddf)
  keep(paste(name, "curve p"), test$p[1])
  free <- svyglm(y ~ level + I(level == 2) + I(level == 3) + I(level == 4) + z, d)
  test <- regTermTest(free, ~ I(level == 2) + I(level == 3) + I(level == 4), method = "Wald")
  keep(paste(name, "levels F"), test$Ftest[1]); keep(paste(name, "levels p"), test$p[1])
}
fitted <- predict(lm(y ~ ns(x, knots = knots[2:3], Boundary.knots = knots[c(1, 4)]), rows), data.frame(x = c(-5, 0, 3, 11, 20, 24, 40)))
for (j in seq_along(fitted)) keep(paste("fitted", j), fitted[j])
kink <- svyglm(y ~ pmin(x - 12, 0) + pmax(x - 12, 0) + z, design)
keep("kink below", coef(kink)[2]); keep("kink above", coef(kink)[3])
keep("kink se below", SE(kink)[2]); keep("kink se above", SE(kink)[3])
contrast <- svycontrast(kink, c(0, 1, -1, 0))
keep("kink difference", coef(contrast)); keep("kink se difference", SE(contrast))
write.csv(out, "splines_survey.csv", row.names = FALSE, quote = FALSE)
