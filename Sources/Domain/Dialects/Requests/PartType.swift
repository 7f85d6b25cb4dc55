/// The values of `type` in request bodies, by what they mean for the bound of a request.
///
/// Sources: OpenAI API reference (chat, responses), Anthropic Messages API reference.
enum PartType {
    /// Parts whose whole content is text in the body, and types of JSON Schema and settings.
    /// Whatever is not listed may stand for an image, a file or a stored object.
    private static let text: Set<String> = [
        "text", "input_text", "output_text", "refusal", "summary_text", "reasoning_text",
        "message", "reasoning", "function", "function_call", "function_call_output", "custom",
        "custom_tool_call", "custom_tool_call_output", "grammar", "tool", "tool_use",
        "tool_result", "thinking", "redacted_thinking", "ephemeral", "enabled", "disabled",
        "adaptive", "auto", "any", "none", "allowed_tools", "content", "json_schema",
        "json_object", "object", "array", "string", "number", "integer", "boolean", "null",
        "local_shell_call", "local_shell_call_output", "shell_call", "shell_call_output",
        "apply_patch_call", "apply_patch_call_output", "char_location", "approximate",
    ]

    /// Tools that the caller runs itself; the provider charges only for their tokens.
    private static let clientTools: Set<String> = [
        "function", "custom", "local_shell", "apply_patch", "computer_use_preview", "computer",
    ]

    /// Anthropic's client tools carry a date behind their name.
    private static let datedClientTools = ["bash_", "text_editor_", "computer_", "memory_"]

    static func isText(_ type: String) -> Bool { text.contains(type) }

    /// Whether the provider puts a definition of its own into the prompt.
    static func isDefinedByProvider(_ type: String) -> Bool {
        type != "function" && type != "custom"
    }

    static func isClientTool(_ type: String) -> Bool {
        clientTools.contains(type) || datedClientTools.contains { type.hasPrefix($0) }
    }
}
