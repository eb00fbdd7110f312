package dev.sampo.export.quantize;

/**
 * What quantising did.
 *
 * @param quantized products and tables that were rewritten
 * @param left products with constant matrices that were skipped
 * @param bytesBefore size of the graphs with their weights
 * @param bytesAfter the same of what was written
 * @param perplexityBefore of the text that was to be measured; NaN without
 * @param perplexityAfter the same of what was written
 */
public record QuantizeResult(
    int quantized,
    int left,
    long bytesBefore,
    long bytesAfter,
    double perplexityBefore,
    double perplexityAfter) {}
