package dev.sampo.export.optimize;

import dev.sampo.onnx.proto.NodeProto;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One attention as it was found.
 *
 * @param query queries [batch, heads, sequence, head size], as they meet the keys but for the scale
 * @param key the concatenation of past and new keys
 * @param value the same of values
 * @param mixed the node that mixes the values by the weights
 * @param scale what scores are multiplied with
 * @param softCap limit of the scores, 0 for none
 * @param masks what is added to the scores or chooses among them
 */
record Attended(
    String query,
    NodeProto key,
    NodeProto value,
    NodeProto mixed,
    double scale,
    double softCap,
    List<Mask> masks) {

  /**
   * A mask.
   *
   * @param name the value
   * @param seen null where it is added, else which truth lets a key be seen
   */
  record Mask(String name, @Nullable Boolean seen) {}
}
