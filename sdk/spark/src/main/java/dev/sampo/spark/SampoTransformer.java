package dev.sampo.spark;

import dev.sampo.Model;
import dev.sampo.Sampo;
import dev.sampo.error.ModelException;
import dev.sampo.error.RequestException;
import dev.sampo.model.ModelFolder;
import java.nio.file.Path;
import java.util.Arrays;
import org.apache.spark.ml.Transformer;
import org.apache.spark.ml.param.BooleanParam;
import org.apache.spark.ml.param.IntParam;
import org.apache.spark.ml.param.LongParam;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.ml.param.ParamValidators;
import org.apache.spark.ml.util.DefaultParamsWritable;
import org.apache.spark.ml.util.DefaultParamsWriter;
import org.apache.spark.ml.util.MLWriter;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;

/**
 * What all of Sampo's transformers share: a column in, a column out, the model, the seed, and what a bad row leads to.
 *
 * <p>Rows go through the model batch by batch inside each partition; a JVM loads a model once for all of its tasks, with as many threads as {@code
 * spark.task.cpus}. Memory for weights lies outside of the heap: raise {@code spark.executor.memoryOverhead} by the size of the model's files and
 * as much again for what it computes.
 *
 * <p>A row that cannot be done gives null, and its reason in {@link #setErrorCol(String) the error column} if there is one; with {@link
 * #setFailOnError(boolean)} it ends the job instead. A model that cannot be opened fails the job, at once where the driver sees the model.
 *
 * @param <T> the transformer's own type
 */
public abstract class SampoTransformer<T extends SampoTransformer<T>> extends Transformer
    implements DefaultParamsWritable {
  private static final long serialVersionUID = 1;
  private static final int DEFAULT_BATCH = 128;
  private static final int LARGEST_BATCH = 1 << 16;

  private final String uid;
  private final Param<String> model;
  private final Param<String> variant;
  private final Param<String> inputCol;
  private final Param<String> outputCol;
  private final Param<String> keyCol;
  private final Param<String> errorCol;
  private final BooleanParam failOnError;
  private final IntParam batchSize;
  private final LongParam seed;

  SampoTransformer(String uid, String defaultOutput) {
    this.uid = uid;
    this.model = new Param<>(this, "model", "alias of an archive, path, or name on the Hub");
    this.variant = new Param<>(this, "variant", "which of several graphs, such as q4");
    this.inputCol = new Param<>(this, "inputCol", "the column that is read");
    this.outputCol = new Param<>(this, "outputCol", "the column that is added");
    this.keyCol =
        new Param<>(this, "keyCol", "the column whose value seeds a row; empty: inputCol");
    this.errorCol = new Param<>(this, "errorCol", "a column for reasons of failure; empty: none");
    this.failOnError = new BooleanParam(this, "failOnError", "whether a bad row ends the job");
    this.batchSize =
        new IntParam(
            this,
            "batchSize",
            "how many rows are in work at once",
            ParamValidators.inRange(1, LARGEST_BATCH));
    this.seed = new LongParam(this, "seed", "the seed of the job");
    setDefault(variant, "");
    setDefault(outputCol, defaultOutput);
    setDefault(keyCol, "");
    setDefault(errorCol, "");
    setDefault(failOnError, false);
    setDefault(batchSize, DEFAULT_BATCH);
    setDefault(seed, 0L);
  }

  /** What the rows' values are made with. */
  abstract RowTask task(ModelReference reference);

  /** The family that the model has to be of, checked on the driver where it sees the model. */
  abstract Class<? extends Model> family();

  /** Whether a column of this type can be read. */
  abstract boolean reads(DataType type);

  /** What {@link #reads} takes, in words. */
  abstract String readable();

  /** The type of the column that is added. */
  abstract DataType outputType();

  @SuppressWarnings("unchecked")
  final T self() {
    return (T) this;
  }

  /** The parameter of {@link #setModel}. */
  public final Param<String> model() {
    return model;
  }

  /** The parameter of {@link #setVariant}. */
  public final Param<String> variant() {
    return variant;
  }

  /** The parameter of {@link #setInputCol}. */
  public final Param<String> inputCol() {
    return inputCol;
  }

  /** The parameter of {@link #setOutputCol}. */
  public final Param<String> outputCol() {
    return outputCol;
  }

  /** The parameter of {@link #setKeyCol}. */
  public final Param<String> keyCol() {
    return keyCol;
  }

  /** The parameter of {@link #setErrorCol}. */
  public final Param<String> errorCol() {
    return errorCol;
  }

  /** The parameter of {@link #setFailOnError}. */
  public final BooleanParam failOnError() {
    return failOnError;
  }

  /** The parameter of {@link #setBatchSize}. */
  public final IntParam batchSize() {
    return batchSize;
  }

  /** The parameter of {@link #setSeed}. */
  public final LongParam seed() {
    return seed;
  }

  /** The model: the alias of an archive in {@code spark.archives}, a path that all machines see, or {@code org/name} on the Hub. */
  public final T setModel(String value) {
    set(model, value);
    return self();
  }

  /** Which of a folder's graphs, such as {@code q4}. */
  public final T setVariant(String value) {
    set(variant, value);
    return self();
  }

  /** The column that is read. */
  public final T setInputCol(String value) {
    set(inputCol, value);
    return self();
  }

  /** The column that is added. */
  public final T setOutputCol(String value) {
    set(outputCol, value);
    return self();
  }

  /** The column whose value, as a string, seeds a row with the job's seed; the input column where none is named. */
  public final T setKeyCol(String value) {
    set(keyCol, value);
    return self();
  }

  /** A column for the reasons of rows that failed; without it they are null alone. */
  public final T setErrorCol(String value) {
    set(errorCol, value);
    return self();
  }

  /** Whether a row that fails ends the job; false by default. */
  public final T setFailOnError(boolean value) {
    set(failOnError, value);
    return self();
  }

  /** How many rows of a partition are in work at once, 32 by default, at most 65,536. The results do not depend on it. */
  public final T setBatchSize(int value) {
    set(batchSize, value);
    return self();
  }

  /** The seed of the job, 0 by default. */
  public final T setSeed(long value) {
    set(seed, value);
    return self();
  }

  @Override
  public final String uid() {
    return uid;
  }

  /**
   * {@inheritDoc}
   *
   * @throws RequestException if the model or the input column is not set, has the wrong type, or a column to add is there already
   * @throws ModelException if the driver sees the model and cannot open it as what this transformer needs
   */
  @Override
  public Dataset<Row> transform(Dataset<?> dataset) {
    StructType schema = transformSchema(dataset.schema());
    ModelReference reference = reference();
    StructType before = dataset.schema();
    String key = getOrDefault(keyCol);
    RowMapper mapper =
        new RowMapper(
            task(reference),
            before.fieldIndex(required(inputCol)),
            key.isEmpty() ? -1 : before.fieldIndex(key),
            (Long) getOrDefault((Param<?>) seed),
            (Integer) getOrDefault((Param<?>) batchSize),
            errors(),
            Counters.register(dataset.sparkSession().sparkContext(), uid));
    return dataset.toDF().mapPartitions(mapper, Encoders.row(schema));
  }

  private RowMapper.Errors errors() {
    if ((Boolean) getOrDefault((Param<?>) failOnError)) {
      return RowMapper.Errors.FAIL;
    }
    return getOrDefault(errorCol).isEmpty() ? RowMapper.Errors.NULL_ONLY : RowMapper.Errors.COLUMN;
  }

  /** What the executors look for; opened and hashed here if it is here. */
  private ModelReference reference() {
    String name = required(model);
    String graph = getOrDefault(variant);
    Path path = ModelReference.find(name);
    if (path == null) {
      return new ModelReference(name, graph, null);
    }
    ModelFolder folder = graph.isEmpty() ? ModelFolder.open(path) : ModelFolder.open(path, graph);
    Class<? extends Model> found = Sampo.familyOf(folder);
    if (!family().isAssignableFrom(found)) {
      throw new ModelException(
          path,
          "The model "
              + name
              + " is a "
              + found.getSimpleName()
              + "; "
              + getClass().getSimpleName()
              + " needs a "
              + family().getSimpleName()
              + ".");
    }
    return new ModelReference(name, graph, ModelFingerprint.of(folder.root()));
  }

  @Override
  public StructType transformSchema(StructType schema) {
    String in = required(inputCol);
    requireColumn(schema, in, "inputCol");
    String key = getOrDefault(keyCol);
    if (!key.isEmpty()) {
      requireColumn(schema, key, "keyCol");
    }
    DataType type = schema.apply(in).dataType();
    if (!reads(type)) {
      throw new RequestException(
          "inputCol",
          "The column "
              + in
              + " is of type "
              + type.catalogString()
              + "; "
              + getClass().getSimpleName()
              + " reads "
              + readable()
              + ".");
    }
    StructType out = added(schema, getOrDefault(outputCol), outputType(), "outputCol");
    return errors() == RowMapper.Errors.COLUMN
        ? added(out, getOrDefault(errorCol), DataTypes.StringType, "errorCol")
        : out;
  }

  private static void requireColumn(StructType schema, String name, String option) {
    if (!Arrays.asList(schema.fieldNames()).contains(name)) {
      throw new RequestException(
          option,
          "There is no column "
              + name
              + "; the Dataset has "
              + String.join(", ", schema.fieldNames())
              + ".");
    }
  }

  private static StructType added(StructType schema, String name, DataType type, String option) {
    if (Arrays.asList(schema.fieldNames()).contains(name)) {
      throw new RequestException(
          option, "There is a column " + name + " already. Name another with " + option + ".");
    }
    return schema.add(name, type, true);
  }

  private String required(Param<String> param) {
    if (!isDefined(param)) {
      throw new RequestException(
          param.name(), "The parameter " + param.name() + " of " + uid + " is not set.");
    }
    return getOrDefault(param);
  }

  @SuppressWarnings("unchecked")
  final <V> @Nullable V value(Param<?> param) {
    return isDefined(param) ? (V) getOrDefault(param) : null;
  }

  @Override
  @SuppressWarnings("unchecked")
  public T copy(ParamMap extra) {
    return (T) this.<SampoTransformer<T>>defaultCopy(extra);
  }

  @Override
  public MLWriter write() {
    return new DefaultParamsWriter(this);
  }
}
