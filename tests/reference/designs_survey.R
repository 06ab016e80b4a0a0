# Reference values for cxresearch.stats.designs, made with R's survey package (4.1-1 on R 4.2.2).
# Run in this folder: Rscript designs_survey.R
# It writes designs_rows.csv (240 made-up rows, by arithmetic) and designs_survey.csv (what R says of them).
suppressPackageStartupMessages(library(survey))
options(digits = 17, survey.lonely.psu = "fail")

i <- 0:239
rows <- data.frame(
  row     = i,
  answer  = (i * 7 + (i %/% 5) * 3 + (i %/% 12)) %% 11,
  weight  = 0.5 + ((i * 13) %% 17) / 8,
  stratum = ifelse(i < 90, 1, ifelse(i < 160, 2, 3)),
  cluster = ifelse(i < 90, i %/% 9, ifelse(i < 160, 100 + (i - 90) %/% 14, 200 + (i - 160) %/% 5)),
  segment = c("app", "phone", "shop")[1 + ((i * 5 + i %/% 7) %% 8) %/% 3]
)
rows$answer[(i %% 19) == 4] <- NA
rows$net <- ifelse(is.na(rows$answer), NA, 100 * (rows$answer >= 9) - 100 * (rows$answer <= 6))
rows$N_rows <- c(900, 500, 800)[rows$stratum]
rows$N_clusters <- c(40, 12, 25)[rows$stratum]
rows$N_all <- 1000
write.csv(rows, "designs_rows.csv", row.names = FALSE, na = "", quote = FALSE)

designs <- list(
  srs         = svydesign(ids = ~1, data = transform(rows, one = 1), weights = ~one),
  weights     = svydesign(ids = ~1, weights = ~weight, data = rows),
  fpc         = svydesign(ids = ~1, weights = ~weight, fpc = ~N_all, data = rows),
  strata      = svydesign(ids = ~1, strata = ~stratum, weights = ~weight, data = rows),
  strata_fpc  = svydesign(ids = ~1, strata = ~stratum, weights = ~weight, fpc = ~N_rows, data = rows),
  clusters    = svydesign(ids = ~cluster, weights = ~weight, data = rows),
  full        = svydesign(ids = ~cluster, strata = ~stratum, weights = ~weight, data = rows, nest = TRUE),
  full_fpc    = svydesign(ids = ~cluster, strata = ~stratum, weights = ~weight, fpc = ~N_clusters, data = rows,
                          nest = TRUE)
)

out <- data.frame()
keep <- function(design, what, domain, estimate, std_error, df, p_value = NA) {
  out <<- rbind(out, data.frame(design, what, domain, estimate, std_error, df, p_value))
}
answered <- function(design) subset(design, !is.na(answer))
for (name in names(designs)) {
  d <- designs[[name]]
  for (what in c("answer", "net")) {
    f <- as.formula(paste0("~", what))
    m <- svymean(f, d, na.rm = TRUE)
    keep(name, what, "all", coef(m)[[1]], SE(m)[[1]], degf(answered(d)))
    by <- svyby(f, ~segment, answered(d), svymean, covmat = TRUE)
    for (s in c("app", "phone", "shop")) {
      keep(name, what, s, coef(by)[[s]], SE(by)[[which(by$segment == s)]],
           degf(subset(d, !is.na(answer) & segment == s)))
    }
    difference <- svycontrast(by, c(app = 1, phone = -1, shop = 0))
    pair <- subset(d, !is.na(answer) & segment != "shop")
    test <- svyttest(as.formula(paste(what, "~ I(segment == 'app')")), pair)
    stopifnot(abs(test$estimate[[1]] - coef(difference)[[1]]) < 1e-9)
    keep(name, what, "app - phone", coef(difference)[[1]], SE(difference)[[1]], test$parameter[[1]],
         test$p.value[[1]])
  }
  # the mean again as a ratio of totals
  ratio <- svyratio(~I(ifelse(is.na(net), 0, net)), ~I(as.numeric(!is.na(net))), d)
  keep(name, "net as ratio", "all", coef(ratio)[[1]], SE(ratio)[[1]], degf(d))
}

# A stratum with one sampling unit, measured from the overall mean
options(survey.lonely.psu = "adjust")
lonely <- subset(rows, stratum != 2 | cluster == 100)
d <- svydesign(ids = ~cluster, strata = ~stratum, weights = ~weight, data = lonely, nest = TRUE)
m <- svymean(~net, d, na.rm = TRUE)
keep("lonely_adjust", "net", "all", coef(m)[[1]], SE(m)[[1]], degf(answered(d)))

out[c("estimate", "std_error", "p_value")] <-
  lapply(out[c("estimate", "std_error", "p_value")], function(x) formatC(x, digits = 17, format = "g"))
write.csv(out, "designs_survey.csv", row.names = FALSE, quote = FALSE)
