package dev.sampo.text;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sampo.runtime.Graph;
import dev.sampo.runtime.ModelFileException;
import dev.sampo.runtime.SessionConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Which files of a folder make which kind of model. */
final class TextModels {
  private TextModels() {}

  /**
   * Loads the model of a folder.
   *
   * @throws ModelFileException if the folder holds no text model; the message lists what makes one
   */
  static TextModel load(FolderFiles files, JsonNode config, SessionConfig session) {
    List<Graph> loaded = new ArrayList<>();
    try {
      return load(files, config, session, loaded);
    } catch (RuntimeException e) {
      loaded.forEach(Graph::close);
      throw e;
    }
  }

  private static TextModel load(
      FolderFiles files, JsonNode config, SessionConfig session, List<Graph> loaded) {
    Path step = role(files, config, "decoder_step");
    Path encoder = role(files, config, "encoder");
    if (step != null && encoder != null) {
      return new AttentionModel(
          open(encoder, session, loaded), open(step, session, loaded), config);
    }
    Path encoderModel = files.graph("encoder_model");
    Path merged = files.graph("decoder_model_merged");
    Path decoder = files.graph("decoder_model");
    Path withPast = files.graph("decoder_with_past_model");
    if (encoderModel != null && (merged != null || decoder != null)) {
      return encoderDecoder(encoderModel, merged, decoder, withPast, config, session, loaded);
    }
    Path whole =
        firstOf(role(files, config, "model"), files.graph("model"), merged, withPast, decoder);
    if (whole == null) {
      throw new ModelFileException(
          files.folder(),
          files.folder()
              + " holds no text model. Wanted: model.onnx; or decoder_model_merged.onnx; or encoder_model.onnx with decoder_model.onnx (and"
              + " decoder_with_past_model.onnx) or decoder_model_merged.onnx, also under onnx/ and with suffixes such as _fp16; or encoder.onnx with"
              + " decoder_step.onnx.");
    }
    Graph graph = open(whole, session, loaded);
    if (graph.inputs().containsKey("h0")) {
      return new RecurrentModel(graph, config);
    }
    if (!graph.outputs().containsKey(CausalModel.LOGITS)) {
      throw new ModelFileException(
          whole,
          whole
              + " has no output 'logits', so it is no language model. For embeddings use TextEncoder.");
    }
    return new CausalModel(graph, config, new Gather(session));
  }

  private static TextModel encoderDecoder(
      Path encoder,
      @Nullable Path merged,
      @Nullable Path decoder,
      @Nullable Path withPast,
      JsonNode config,
      SessionConfig session,
      List<Graph> loaded) {
    Gather gather = new Gather(session);
    Graph encoderGraph = open(encoder, session, loaded);
    if (merged != null) {
      Graph graph = open(merged, session, loaded);
      return new EncoderDecoderModel(encoderGraph, graph, graph, config, gather);
    }
    Graph first = open(java.util.Objects.requireNonNull(decoder), session, loaded);
    Graph later = withPast == null ? null : open(withPast, session, loaded);
    return new EncoderDecoderModel(encoderGraph, first, later, config, gather);
  }

  private static @Nullable Path firstOf(@Nullable Path... paths) {
    for (Path path : paths) {
      if (path != null) {
        return path;
      }
    }
    return null;
  }

  /** The file of a graph that sampo.json names, else the file of that name. */
  private static @Nullable Path role(FolderFiles files, JsonNode config, String role) {
    JsonNode file = config.path("graphs").path(role).path("file");
    return file.isTextual() ? files.folder().resolve(file.asText()) : files.graph(role);
  }

  private static Graph open(Path file, SessionConfig session, List<Graph> loaded) {
    Graph graph = Graph.load(file, session);
    loaded.add(graph);
    return graph;
  }
}
