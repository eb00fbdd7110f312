package dev.sampo.spark;

import java.io.Serializable;
import java.lang.reflect.Constructor;
import org.apache.spark.sql.SparkSessionExtensions;
import org.apache.spark.sql.catalyst.FunctionIdentifier;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.ExpressionInfo;
import org.apache.spark.sql.catalyst.expressions.ScalaUDF;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.jspecify.annotations.Nullable;
import scala.Option;
import scala.Tuple3;
import scala.runtime.AbstractFunction1;
import scala.runtime.AbstractFunction2;
import scala.runtime.AbstractFunction3;
import scala.runtime.BoxedUnit;

/**
 * {@code spark.sql.extensions=dev.sampo.spark.SampoExtensions} gives every session {@code sampo_generate} and {@code sampo_embed}, also those of
 * {@code spark-sql} and the Thrift server. {@link SqlFunctions} says what they do.
 */
public final class SampoExtensions extends AbstractFunction1<SparkSessionExtensions, BoxedUnit> {

  /** Spark makes one for a session. */
  public SampoExtensions() {}

  @Override
  public BoxedUnit apply(SparkSessionExtensions extensions) {
    inject(
        extensions,
        "sampo_generate",
        "sampo_generate(model, prompt[, options]) - Text that the model writes after the prompt.",
        new Maker("sampo_generate", DataTypes.StringType));
    inject(
        extensions,
        "sampo_embed",
        "sampo_embed(model, text) - The vector of a text.",
        new Maker("sampo_embed", DataTypes.createArrayType(DataTypes.FloatType, false)));
    return BoxedUnit.UNIT;
  }

  /** Spark's method takes another kind of Seq on Scala 2.12 than on 2.13; unchecked types fit both. */
  @SuppressWarnings({"rawtypes", "unchecked"})
  private static void inject(
      SparkSessionExtensions extensions, String name, String usage, Maker maker) {
    FunctionIdentifier identifier = new FunctionIdentifier(name);
    ExpressionInfo info =
        new ExpressionInfo(
            SqlFunctions.class.getName(), null, name, usage, "", "", "", "", "", "", "scala_udf");
    Tuple3 described = new Tuple3<>(identifier, info, maker);
    extensions.injectFunction(described);
  }

  /** Makes the expression for a call. */
  @SuppressWarnings("rawtypes")
  private static final class Maker extends AbstractFunction1 {
    private final String name;
    private final DataType type;

    Maker(String name, DataType type) {
      this.name = name;
      this.type = type;
    }

    @Override
    public Object apply(Object arguments) {
      int count = ((scala.collection.Seq<?>) arguments).size();
      Object function;
      if (name.equals("sampo_embed") && count == 2) {
        function = new Embed();
      } else if (name.equals("sampo_generate") && count == 2) {
        function = new Generate();
      } else if (name.equals("sampo_generate") && count == 3) {
        function = new GenerateWith();
      } else {
        throw new IllegalArgumentException(
            name
                + " takes "
                + (name.equals("sampo_embed")
                    ? "a model and a text"
                    : "a model, a prompt, and perhaps options as JSON")
                + ", not "
                + count
                + " arguments.");
      }
      return udf(function, arguments);
    }

    private Expression udf(Object function, Object arguments) {
      // The constructor's parameters are the same in Spark 3.5 and 4, but for the kind of Seq.
      for (Constructor<?> constructor : ScalaUDF.class.getConstructors()) {
        if (constructor.getParameterCount() == 8) {
          try {
            return (Expression)
                constructor.newInstance(
                    function,
                    type,
                    arguments,
                    scala.collection.immutable.Nil$.MODULE$,
                    Option.empty(),
                    Option.apply(name),
                    true,
                    true);
          } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("This Spark makes functions in another way.", e);
          }
        }
      }
      throw new IllegalStateException("This Spark makes functions in another way.");
    }
  }

  private static @Nullable String text(@Nullable Object value) {
    return value == null ? null : value.toString();
  }

  private static final class Generate extends AbstractFunction2<Object, Object, Object>
      implements Serializable {
    private static final long serialVersionUID = 1;

    @Override
    public @Nullable Object apply(@Nullable Object model, @Nullable Object prompt) {
      return SqlFunctions.generate(text(model), text(prompt));
    }
  }

  private static final class GenerateWith extends AbstractFunction3<Object, Object, Object, Object>
      implements Serializable {
    private static final long serialVersionUID = 1;

    @Override
    public @Nullable Object apply(
        @Nullable Object model, @Nullable Object prompt, @Nullable Object options) {
      return SqlFunctions.generate(text(model), text(prompt), text(options));
    }
  }

  private static final class Embed extends AbstractFunction2<Object, Object, Object>
      implements Serializable {
    private static final long serialVersionUID = 1;

    @Override
    public @Nullable Object apply(@Nullable Object model, @Nullable Object text) {
      return SqlFunctions.embed(text(model), text(text));
    }
  }
}
