# Reference values for cxresearch.stats.mediation, made with R's lavaan.
# Run in this folder: Rscript mediation_lavaan.R
# It writes mediation_rows.csv (60 made-up customers, by arithmetic) and mediation_lavaan.csv.
suppressPackageStartupMessages(library(lavaan))
options(digits = 17)

i <- 0:59
rows <- data.frame(
  transfers = c(0, 0, 1, 0, 2, 1, 0, 3)[1 + (i * 5 + i %/% 9) %% 8], repeated = (i * 7 + i %/% 4) %% 3 == 0,
  complexity = 1 + (i * 3 + i %/% 6) %% 5
)
rows$repeated <- as.numeric(rows$repeated)
rows$effort <- 2 + 0.9 * rows$transfers + 0.5 * rows$repeated + 0.2 * rows$complexity + ((i * 11) %% 13) / 5
rows$loyalty <- 9 - 0.6 * rows$effort - 0.4 * rows$transfers + 0.1 * rows$complexity + ((i * 17) %% 19) / 6
write.csv(rows, "mediation_rows.csv", row.names = FALSE, quote = FALSE)

fit <- sem("
  effort ~ a1 * transfers + a2 * repeated + complexity
  loyalty ~ b * effort + c1 * transfers + c2 * repeated + complexity
  indirect1 := a1 * b
  total1 := c1 + a1 * b
  share1 := a1 * b / (c1 + a1 * b)
  indirect2 := a2 * b
  total2 := c2 + a2 * b
", rows)
found <- parameterEstimates(fit)
found <- found[found$label != "", c("label", "est", "se")]
names(found) <- c("what", "estimate", "std_error")
write.csv(found, "mediation_lavaan.csv", row.names = FALSE, quote = FALSE)
