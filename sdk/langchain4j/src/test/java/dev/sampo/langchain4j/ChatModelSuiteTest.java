package dev.sampo.langchain4j;

import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.common.AbstractChatModelIT;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import java.util.List;

/** LangChain4j's own suite. */
class ChatModelSuiteTest extends AbstractChatModelIT {
  @Override
  protected List<ChatModel> models() {
    return List.of(SampoChatModel.builder().generator(Quiz.GENERATOR).build());
  }

  @Override
  protected ChatModel createModelWith(ChatRequestParameters parameters) {
    return SampoChatModel.builder()
        .generator(Quiz.GENERATOR)
        .defaultRequestParameters(parameters)
        .build();
  }

  @Override
  protected ChatRequestParameters createIntegrationSpecificParameters(int maxOutputTokens) {
    return ChatRequestParameters.builder().maxOutputTokens(maxOutputTokens).build();
  }

  // One model a folder: there is no other name to ask for.
  @Override
  protected boolean supportsModelNameParameter() {
    return false;
  }

  // The format would forbid the calls; it is refused with a message that says what to do.
  @Override
  protected boolean supportsToolsAndJsonResponseFormatWithSchema() {
    return false;
  }

  // A text model.
  @Override
  protected boolean supportsSingleImageInputAsBase64EncodedString() {
    return false;
  }

  @Override
  protected boolean supportsMultipleImageInputsAsBase64EncodedStrings() {
    return false;
  }

  @Override
  protected boolean supportsSingleImageInputAsPublicURL() {
    return false;
  }

  @Override
  protected boolean supportsMultipleImageInputsAsPublicURLs() {
    return false;
  }
}
