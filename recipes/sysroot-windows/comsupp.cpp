// What comutil.h's strings call; Microsoft has it in a library of its own, comsuppw.lib.
#include <Windows.h>
#include <comutil.h>

BSTR WINAPI
_com_util::ConvertStringToBSTR(const char *text)
{
    if (text == nullptr)
        return nullptr;
    int length = MultiByteToWideChar(CP_ACP, 0, text, -1, nullptr, 0);
    BSTR wide = length > 0 ? SysAllocStringLen(nullptr, length - 1) : nullptr;
    if (wide != nullptr)
        MultiByteToWideChar(CP_ACP, 0, text, -1, wide, length);
    return wide;
}

char *WINAPI
_com_util::ConvertBSTRToString(BSTR wide)
{
    if (wide == nullptr)
        return nullptr;
    int size = WideCharToMultiByte(CP_ACP, 0, wide, -1, nullptr, 0, nullptr, nullptr);
    char *text = size > 0 ? new char[size] : nullptr;
    if (text != nullptr)
        WideCharToMultiByte(CP_ACP, 0, wide, -1, text, size, nullptr, nullptr);
    return text;
}
