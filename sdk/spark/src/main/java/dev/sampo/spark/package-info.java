/**
 * Batch generation inside Apache Spark: transformers in Spark ML's style, functions for SQL, and a function over Datasets. Spark schedules,
 * shuffles, retries and writes; Sampo brings the model.
 *
 * <p>The seed of a row is a hash of the row's key and the job's seed ({@link dev.sampo.spark.RowSeeds}). The same row therefore gives the same
 * result whatever the partitions, retries, speculation and size of the cluster are.
 *
 * <p>Distributed fine-tuning is no part of this.
 */
@NullMarked
package dev.sampo.spark;

import org.jspecify.annotations.NullMarked;
