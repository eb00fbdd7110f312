package dev.sampo.text.decoding;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.sampo.error.ModelException;
import dev.sampo.model.ModelFolder;
import dev.sampo.model.ModelGraph;
import dev.sampo.runtime.Graph;
import dev.sampo.runtime.SessionConfig;
import java.util.ArrayList;
import java.util.List;

/** Which graphs of a folder make which kind of model. */
public final class TextModels {
  private TextModels() {}

  /** The JSON of a file, an empty object if there is none. */
  public static JsonNode json(ModelFolder folder, String name) {
    JsonNode json = folder.jsonIfPresent(name);
    return json == null ? JsonNodeFactory.instance.objectNode() : json;
  }

  /**
   * Loads the model of a folder.
   *
   * @throws ModelException if the folder holds no text model; the message lists what makes one
   */
  public static TextModel load(ModelFolder folder, JsonNode config, SessionConfig session) {
    List<Graph> loaded = new ArrayList<>();
    try {
      return load(folder, config, session, loaded);
    } catch (RuntimeException e) {
      loaded.forEach(Graph::close);
      throw e;
    }
  }

  private static TextModel load(
      ModelFolder folder, JsonNode config, SessionConfig session, List<Graph> loaded) {
    switch (folder.family()) {
      case ATTENTION_SEQ2SEQ:
        return new AttentionModel(
            open(folder, "encoder", session, loaded),
            open(folder, "decoder_step", session, loaded),
            config);
      case ENCODER_DECODER:
        return encoderDecoder(folder, config, session, loaded);
      case RNN_LM:
      case DECODER_ONLY:
      case ENCODER:
        return whole(folder, "model", config, session, loaded);
      case GRAPH:
        return whole(folder, "graph", config, session, loaded);
      default:
        throw new ModelException(
            folder.root(),
            folder.root()
                + " holds no text model but one of the family "
                + folder.family().label()
                + ". Wanted: model.onnx; or decoder_model_merged.onnx; or encoder_model.onnx with"
                + " decoder_model.onnx (and decoder_with_past_model.onnx) or"
                + " decoder_model_merged.onnx, also under onnx/ and with suffixes such as _fp16; or"
                + " encoder.onnx with decoder_step.onnx.");
    }
  }

  private static TextModel whole(
      ModelFolder folder, String name, JsonNode config, SessionConfig session, List<Graph> loaded) {
    ModelGraph file = folder.graph(name);
    if (!file.hasOutput(CausalModel.LOGITS)) {
      throw new ModelException(
          file.path(),
          file.path()
              + " has no output 'logits', so it is no language model. For embeddings use"
              + " TextEncoder.");
    }
    Graph graph = file.load(session);
    loaded.add(graph);
    return file.hasInput("h0")
        ? new RecurrentModel(graph, file, config)
        : new CausalModel(graph, file, config, new Gather(session));
  }

  private static TextModel encoderDecoder(
      ModelFolder folder, JsonNode config, SessionConfig session, List<Graph> loaded) {
    Graph encoder = open(folder, "encoder", session, loaded);
    if (folder.has("decoder_merged")) {
      Graph graph = open(folder, "decoder_merged", session, loaded);
      return new EncoderDecoderModel(encoder, graph, graph, config, new Gather(session));
    }
    Graph first = open(folder, "decoder", session, loaded);
    Graph later =
        folder.has("decoder_with_past") ? open(folder, "decoder_with_past", session, loaded) : null;
    return new EncoderDecoderModel(encoder, first, later, config, new Gather(session));
  }

  private static Graph open(
      ModelFolder folder, String name, SessionConfig session, List<Graph> loaded) {
    ModelGraph file = folder.graph(name);
    if (!file.inputNames().isEmpty() || !file.outputNames().isEmpty()) {
      throw new ModelException(
          folder.root(),
          "The sampo.json of "
              + folder.root()
              + " maps names of graph '"
              + name
              + "'. Graphs of text models are run under the names of their spec; export this one"
              + " with them, see docs/specs.md.");
    }
    Graph graph = file.load(session);
    loaded.add(graph);
    return graph;
  }
}
