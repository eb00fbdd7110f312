package dev.sampo.springai;

import java.lang.reflect.Proxy;
import org.springframework.ai.chat.prompt.ChatOptions;
import org.springframework.ai.model.tool.StructuredOutputChatOptions;
import org.springframework.ai.model.tool.ToolCallingChatOptions;
import org.springframework.ai.tool.ToolCallback;

/** Options of a call that Spring AI 2 makes in another way. */
final class CallOptions {
  private CallOptions() {}

  /** A schema of the output: there is an interface and no builder of it. */
  static ChatOptions schema(String schema) {
    return (ChatOptions)
        Proxy.newProxyInstance(
            CallOptions.class.getClassLoader(),
            new Class<?>[] {StructuredOutputChatOptions.class},
            (options, method, arguments) ->
                switch (method.getName()) {
                  case "getOutputSchema" -> schema;
                  case "copy" -> options;
                  case "hashCode" -> schema.hashCode();
                  case "equals" -> options == arguments[0];
                  case "toString" -> schema;
                  default -> null;
                });
  }

  /** A tool whose calls come back in the answer: the model would make them itself. */
  static ChatOptions callsBack(ToolCallback tool) {
    return ToolCallingChatOptions.builder()
        .toolCallbacks(tool)
        .internalToolExecutionEnabled(false)
        .build();
  }
}
