// C++ as CPython's _wmi has it: an interface by its identifier, smart pointers of comdef.h, allocation, a constructor
// that runs before main.
#include <Windows.h>
#include <comdef.h>
#include <Wbemidl.h>
#include <new>
#include <stdio.h>

namespace {
struct Early {
    int value;
    Early() : value(42)
    {
    }
};
Early early;
} // namespace

int
main()
{
    int *numbers = new (std::nothrow) int[4];
    if (numbers == nullptr || early.value != 42)
        return 1;
    delete[] numbers;
    if (FAILED(CoInitializeEx(nullptr, COINIT_MULTITHREADED)))
        return 2;
    IWbemLocator *locator = nullptr;
    HRESULT made =
        CoCreateInstance(CLSID_WbemLocator, nullptr, CLSCTX_INPROC_SERVER, IID_IWbemLocator, (void **)&locator);
    if (SUCCEEDED(made))
        locator->Release();
    BSTR converted = _com_util::ConvertStringToBSTR("text");
    BSTR text = SysAllocString(L"text");
    bool right = SysStringLen(text) == 4 && wcscmp(converted, text) == 0 && __uuidof(IUnknown) == IID_IUnknown;
    SysFreeString(text);
    SysFreeString(converted);
    CoUninitialize();
    printf("%s\n", SUCCEEDED(made) ? "a locator" : "no locator");
    return right ? 0 : 3;
}
