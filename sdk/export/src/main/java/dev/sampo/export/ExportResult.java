package dev.sampo.export;

import java.nio.file.Path;
import java.util.List;

/**
 * What an export wrote.
 *
 * @param modelType {@code model_type} of the model
 * @param graphs the graphs
 * @param copied weights that had to be copied, because the file system allows no link to them
 */
public record ExportResult(String modelType, List<Path> graphs, List<Path> copied) {
  public ExportResult {
    graphs = List.copyOf(graphs);
    copied = List.copyOf(copied);
  }
}
