# Design variance of a total of linearised values by R's survey, on arithmetic data.
# Run: Rscript discrimination_survey.R   (made with survey 4.1-1, R 4.2.2; writes the two CSV files beside it)
library(survey)
i <- 0:59
rows <- data.frame(stratum = i %/% 20, cluster = i %/% 4, w = 1 + (7 * i) %% 5 / 2,
                   a = ((37 * i) %% 23 - 11) / 7, b = ((53 * i) %% 19 - 9) / 5)
write.csv(rows, "discrimination_design_rows.csv", row.names = FALSE)
cases <- list(rows = list(~1, NULL), strata = list(~1, ~stratum), clusters = list(~cluster, NULL),
              both = list(~cluster, ~stratum))
out <- do.call(rbind, lapply(names(cases), function(name) {
  design <- svydesign(ids = cases[[name]][[1]], strata = cases[[name]][[2]], weights = ~w, data = rows)
  v <- vcov(svytotal(~ a + b, design))
  data.frame(design = name, aa = v[1, 1], ab = v[1, 2], bb = v[2, 2])
}))
for (column in names(out)[-1]) out[[column]] <- format(out[[column]], digits = 16, trim = TRUE)
write.csv(out, "discrimination_survey.csv", row.names = FALSE, quote = FALSE)
