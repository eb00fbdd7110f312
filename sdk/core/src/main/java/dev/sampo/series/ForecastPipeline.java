package dev.sampo.series;

import dev.sampo.Model;
import dev.sampo.model.ModelFolder;
import dev.sampo.runtime.SessionConfig;
import java.nio.file.Path;
import java.util.List;

/**
 * Forecasts a time series with a recurrent net that gives mean and log-variance of the next value: the net reads the history, then many
 * futures are drawn step by step, each fed back as the next input (ancestral sampling; DeepAR, Salinas et al. 2017, arXiv:1704.04110,
 * section 3), and quantiles are taken over them.
 *
 * <p>Each step draws {@code torch.randn(paths, channels)} after {@code torch.manual_seed(seed)}.
 */
public non-sealed interface ForecastPipeline extends Model {
  /**
   * Opens a folder with default settings.
   *
   * @throws dev.sampo.error.ModelException when it is no forecaster or its files do not fit; the message says what differs
   */
  static ForecastPipeline open(Path folder) {
    return open(folder, SessionConfig.defaults());
  }

  /** Opens a folder with settings of its sessions. */
  static ForecastPipeline open(Path folder, SessionConfig config) {
    return open(ModelFolder.open(folder), config);
  }

  /** Loads the graphs of an opened folder. */
  static ForecastPipeline open(ModelFolder folder, SessionConfig config) {
    return OnnxForecast.open(folder, config);
  }

  /** Values a step. */
  int channels();

  /** What each channel is, with its unit; empty where the model does not say. */
  List<String> channelNames();

  /** Whether a request says of which day the first step is ({@link ForecastRequest.Builder#firstDay}), or gives its known values. */
  boolean takesDays();

  /**
   * Draws futures; progress counts steps ahead.
   *
   * @throws dev.sampo.error.RequestException when the request does not go with the model
   * @throws dev.sampo.error.CancelledException when cancelled; its partial is a {@link Forecast} of the steps drawn by then
   */
  Forecast forecast(ForecastRequest request);
}
