package dev.sampo.langchain4j;

import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.exception.InvalidRequestException;
import dev.langchain4j.model.output.Response;
import dev.langchain4j.model.scoring.ScoringModel;
import dev.sampo.embedding.CrossEncoder;
import dev.sampo.embedding.CrossEncoderRequest;
import dev.sampo.error.RequestException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** How well segments answer a query, by a cross-encoder in this process, as sentence-transformers scores them: for {@code ReRankingContentAggregator}. */
public final class SampoScoringModel implements ScoringModel, AutoCloseable {
  private final CrossEncoder encoder;

  private SampoScoringModel(CrossEncoder encoder) {
    this.encoder = encoder;
  }

  /**
   * Opens a model.
   *
   * @throws dev.sampo.error.ModelException if the folder holds no cross-encoder
   */
  public static SampoScoringModel open(Path folder) {
    return new SampoScoringModel(CrossEncoder.open(folder));
  }

  /** Scores with an opened model, which {@link #close()} closes. */
  public static SampoScoringModel of(CrossEncoder encoder) {
    return new SampoScoringModel(encoder);
  }

  /**
   * A score for each segment, in their order; higher is better.
   *
   * @throws InvalidRequestException if there are no segments, or the model gives several scores a pair
   */
  @Override
  public Response<List<Double>> scoreAll(List<TextSegment> segments, String query) {
    List<CrossEncoder.Pair> pairs = new ArrayList<>(segments.size());
    segments.forEach(segment -> pairs.add(new CrossEncoder.Pair(query, segment.text())));
    try {
      double[] scores = encoder.predict(CrossEncoderRequest.of(pairs)).single();
      return Response.from(Arrays.stream(scores).boxed().toList());
    } catch (RequestException e) {
      throw new InvalidRequestException(e.getMessage(), e);
    }
  }

  @Override
  public void close() {
    encoder.close();
  }
}
