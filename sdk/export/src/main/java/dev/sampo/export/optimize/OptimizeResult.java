package dev.sampo.export.optimize;

import java.util.List;

/**
 * What optimising did.
 *
 * @param graph file of the new graph, within the new folder
 * @param attentions attentions that became GroupQueryAttention, whose caches stay in place
 * @param rotaries how many of them turn queries and keys themselves
 * @param norms root mean square norms that became one node
 * @param sums norms that take in the sum before them
 * @param lastScores whether the graph now computes the scores of the last positions only
 * @param nodesBefore nodes of the graph before
 * @param nodesAfter nodes of the graph afterwards
 * @param left what was left as it was, and why
 * @param largestDifference largest difference of a score that the comparison of both graphs saw
 */
public record OptimizeResult(
    String graph,
    int attentions,
    int rotaries,
    int norms,
    int sums,
    boolean lastScores,
    int nodesBefore,
    int nodesAfter,
    List<String> left,
    double largestDifference) {

  /** Copies the list. */
  public OptimizeResult {
    left = List.copyOf(left);
  }
}
