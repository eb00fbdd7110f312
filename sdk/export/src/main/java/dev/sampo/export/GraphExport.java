package dev.sampo.export;

import dev.sampo.error.ModelException;
import dev.sampo.export.architecture.Architectures;
import dev.sampo.export.architecture.Source;
import dev.sampo.export.config.Config;
import dev.sampo.export.files.ModelFiles;
import dev.sampo.export.graph.Net;
import dev.sampo.export.graph.WeightFiles;
import dev.sampo.export.weights.LoraAdapter;
import dev.sampo.export.weights.Weights;
import dev.sampo.onnx.Models;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Builds the ONNX graphs of a model that was saved as weights, {@code config.json} with {@code model.safetensors} or its shards.
 *
 * <pre>{@code
 * GraphExport.of(Paths.get("Qwen3-0.6B")).to(Paths.get("qwen"));
 * try (TextGenerator generator = TextGenerator.open(Paths.get("qwen"))) { ... }
 * }</pre>
 *
 * <p>The graphs are small and take seconds: their weights stay in the safetensors files, which are linked into the new folder (copied where the
 * file system allows no hard link). A setting of {@code config.json} that is not known is an error, never a guess; see {@link
 * Architectures#known()}.
 */
public final class GraphExport {
  /** Tensors that saved models carry along and no forward pass reads: masks, positions and frequencies that follow from the settings. */
  private static final String HARMLESS =
      ".*(\\.attn\\.(masked_)?bias|\\.attention\\.(masked_)?bias|rotary_emb\\.inv_freq|position_ids|"
          + "embed_positions\\.weights)";

  private final Path folder;
  private boolean plain;
  private @Nullable Path adapter;

  private GraphExport(Path folder) {
    this.folder = folder;
  }

  /**
   * The export of a folder.
   *
   * @param folder where {@code config.json} and the weights are
   */
  public static GraphExport of(Path folder) {
    return new GraphExport(folder);
  }

  /** Whether a folder holds weights and settings, whatever graphs it has besides. */
  public static boolean isExportable(Path folder) {
    return Files.isRegularFile(folder.resolve("config.json")) && Weights.isIn(folder);
  }

  /** The values of {@code model_type} that can be exported. */
  public static Set<String> architectures() {
    return Architectures.known();
  }

  /** Whether to use only standard operators (opset 21), for other runtimes and for training; default false. */
  public GraphExport plain(boolean value) {
    plain = value;
    return this;
  }

  /**
   * A LoRA adapter of peft whose changes are merged into the weights; those that it changes are written anew. The change of a table of embeddings does
   * not reach a head that shares it, nor the other way round, as in the adapter unmerged.
   *
   * @param value folder with {@code adapter_config.json}, or null
   */
  public GraphExport adapter(@Nullable Path value) {
    adapter = value;
    return this;
  }

  /**
   * Writes the graphs and what belongs to them.
   *
   * @param target a folder, made if need be; may be the one of the weights
   * @return what was written
   * @throws ModelException if the model cannot be exported; the message names the setting or the tensor. Nothing was written then
   * @throws IOException if a file cannot be written
   */
  public ExportResult to(Path target) throws IOException {
    Config config = Config.read(folder.resolve("config.json"));
    Weights weights = Weights.open(folder);
    WeightFiles files = new WeightFiles(weights, file -> String.valueOf(file.getFileName()));
    LoraAdapter lora = adapter == null ? null : LoraAdapter.open(adapter);
    if (lora != null) {
      files.adapt(lora);
    }
    Map<String, Net> nets =
        new LinkedHashMap<>(Architectures.of(config).build(new Source(config, files, plain)));
    config.requireAllRead();
    files.requireAllUsed(HARMLESS);
    if (lora != null) {
      lora.requireAllUsed();
    }

    Files.createDirectories(target);
    ModelFiles modelFiles = new ModelFiles(folder, target);
    List<Path> copied = modelFiles.place(weights.files());
    if (!files.merged().isEmpty()) {
      files.merged().write(target);
    }
    List<Path> graphs = new ArrayList<>();
    for (Map.Entry<String, Net> net : nets.entrySet()) {
      Path graph = target.resolve(net.getKey());
      Models.write(net.getValue().model(), graph);
      graphs.add(graph);
    }
    return new ExportResult(config.modelType(), graphs, copied);
  }
}
