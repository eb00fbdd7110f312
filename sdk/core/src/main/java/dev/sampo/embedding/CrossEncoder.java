package dev.sampo.embedding;

import dev.sampo.Model;
import dev.sampo.model.ModelFolder;
import dev.sampo.runtime.SessionConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Reads two texts together and scores them: how well a passage answers a query (a reranker, one score), or whether one text follows from another (several
 * labels). Folders with {@code ...ForSequenceClassification} graphs, as sentence-transformers' {@code CrossEncoder} 6.0 reads them; the idea in Nogueira and
 * Cho 2019, arXiv:1901.04085.
 *
 * <pre>{@code
 * try (CrossEncoder reranker = CrossEncoder.open(Paths.get("ms-marco-MiniLM-L6-v2"))) {
 *   for (CrossEncoder.Ranked best : reranker.rank("how many people live in Berlin?", passages)) {
 *     System.out.println(best.score() + " " + passages.get(best.corpusId()));
 *   }
 * }
 * }</pre>
 *
 * <p>Pairs are read in batches of similar length, which changes a score by no more than rounding; graphs that quantise as they run, one pair at a time. The
 * longer text of a pair that is too long is cut first.
 */
public non-sealed interface CrossEncoder extends Model {
  /**
   * Two texts that are read together.
   *
   * @param text such as the query
   * @param pair such as the passage
   */
  record Pair(String text, String pair) {}

  /**
   * A document's place.
   *
   * @param corpusId the number of the document, from 0
   * @param score higher is better
   */
  record Ranked(int corpusId, double score) {}

  /** What is done to the graph's scores, the logits. */
  enum Activation {
    /** Nothing. */
    IDENTITY,
    /** {@code 1 / (1 + e^-x)}. */
    SIGMOID
  }

  /**
   * Opens a folder with default settings.
   *
   * @throws dev.sampo.error.ModelException when it holds no classifier of text pairs or its files do not fit; the message says what differs
   */
  static CrossEncoder open(Path folder) {
    return open(folder, SessionConfig.defaults());
  }

  /** Opens a folder with settings of its sessions. */
  static CrossEncoder open(Path folder, SessionConfig config) {
    return open(ModelFolder.open(folder), config);
  }

  /** Loads the graph of an opened folder. */
  static CrossEncoder open(ModelFolder folder, SessionConfig config) {
    return OnnxCrossEncoder.open(folder, config);
  }

  /** What the scores are of, in their order: {@code id2label} of {@code config.json}. */
  List<String> labels();

  /** Most tokens of a pair, special ones included. */
  int maxLength();

  /** What is done to the scores where a request says nothing: what the folder says, else a sigmoid for one label and nothing for several. */
  Activation activationFn();

  /**
   * Scores pairs. Progress counts pairs.
   *
   * @throws dev.sampo.error.RequestException when the request does not go with the model
   * @throws dev.sampo.error.CancelledException when cancelled; its partial is a {@link CrossEncoderResult} of the pairs that were done
   */
  CrossEncoderResult predict(CrossEncoderRequest request);

  /**
   * The documents, best first; equal scores stay in their order.
   *
   * @throws dev.sampo.error.RequestException if there are no documents, or the model has more labels than one
   */
  default List<Ranked> rank(String query, List<String> documents) {
    List<Pair> pairs = new ArrayList<>(documents.size());
    documents.forEach(document -> pairs.add(new Pair(query, document)));
    double[] scores = predict(CrossEncoderRequest.of(pairs)).single();
    List<Ranked> ranked = new ArrayList<>(scores.length);
    for (int i = 0; i < scores.length; i++) {
      ranked.add(new Ranked(i, scores[i]));
    }
    ranked.sort((a, b) -> Double.compare(b.score(), a.score()));
    return Collections.unmodifiableList(ranked);
  }
}
