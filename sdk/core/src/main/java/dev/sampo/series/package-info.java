/**
 * Forecasts of series of numbers. Enter at {@link dev.sampo.series.ForecastPipeline}.
 */
@NullMarked
package dev.sampo.series;

import org.jspecify.annotations.NullMarked;
