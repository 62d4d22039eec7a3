import { describe, expect, it } from "vitest";
import { prepareClassifiers } from "../sql/prepare.ts";
import { classifyShell } from "./shell.ts";

await prepareClassifiers();

/** With the canonical operation of the worst that is found. */
const LOSSES: readonly (readonly [text: string, operation: string])[] = [
  ["powershell -Command \"Remove-Item -Recurse -Force C:\\Users\\me\\Documents\"", "shell.rm"],
  ["pwsh -c 'Remove-Item -Path C:\\data -Recurse'", "shell.rm"],
  ["cmd /c \"rd /s /q C:\\data\"", "shell.rm"],
  ["del /s /q C:\\data\\*", "shell.rm"],
  ["rd /s /q D:\\", "shell.rm"],
  ["rmdir /s /q C:\\proj", "shell.rm"],
  ["Format-Volume -DriveLetter D", "powershell.Format-Volume"],
  ["Clear-Disk -Number 1 -RemoveData", "powershell.Clear-Disk"],
  ["Stop-Computer -Force", "powershell.Stop-Computer"],
  ["Remove-AzResourceGroup -Name x -Force", "powershell.Remove-AzResourceGroup"],
  ["Remove-S3Bucket -BucketName b", "powershell.Remove-S3Bucket"],
  ["Clear-EventLog -LogName Security", "powershell.Clear-EventLog"],
  ["Set-MpPreference -DisableRealtimeMonitoring $true", "powershell.Set-MpPreference"],
  ["robocopy empty C:\\data /MIR", "shell.robocopy-mirror"],
  ["powershell -EncodedCommand UgBlAG0AbwB2AGUALQBJAHQAZQBtACAALQBSAGUAYwB1AHIAcwBlACAAQwA6AFwAVQBzAGUAcgBzAA==", "shell.rm"],
  ["Drop-Database", "powershell.Drop-Database"],
  ["wbadmin delete catalog", "vssadmin.delete"],
  ["vssadmin delete shadows /all", "vssadmin.delete"],
  ["wmic shadowcopy delete", "windows.delete"],
  ["reg delete HKLM\\Software\\x /f", "windows.erase"],
  ["schtasks /delete /tn x /f", "windows.delete"],
  ["sc delete x", "windows.delete"],
  ["sc stop x", "windows.delete"],
  ["net stop x", "windows.delete"],
  ["net user u /delete", "windows.delete"],
  ["cipher /w:C", "windows.erase"],
  ["format D: /q", "windows.erase"],
  ["diskpart /s x.txt", "windows.erase"],
  ["fsutil usn deletejournal /d C:", "windows.erase"],
  ["takeown /f C:\\ /r", "windows.delete"],
  ["icacls C:\\ /reset /t", "windows.delete"],
  ["wsl --unregister Ubuntu", "windows.delete"],
  ["taskkill /F /IM postgres.exe", "windows.delete"],
];

/** Nothing is lost yet, but what would bring it back is: with the rule's id. */
const UNPROTECTED: readonly (readonly [text: string, rule: string])[] = [
  ["bcdedit /set {default} recoveryenabled no", "protection.windows.recovery-off"],
  ["netsh advfirewall set allprofiles state off", "protection.windows.protection-off"],
  ["netsh advfirewall reset", "protection.windows.protection-off"],
  ["wevtutil cl Security", "protection.windows.protection-off"],
];

/** Neighbours: nothing in them is beyond repair. */
const HARMLESS: readonly string[] = [
  "Get-ChildItem -Recurse",
  "Remove-Item -Recurse -Force node_modules",
  "Remove-Item -WhatIf -Recurse C:\\Users",
  "Format-Table -AutoSize",
  "Remove-Variable x",
  "powershell -Command \"Get-Process | Sort-Object CPU\"",
  "robocopy a b /E",
  "Get-Process",
  "Get-ChildItem -Path C:\\",
  "Copy-Item a b",
  "New-Item -ItemType Directory x",
  "Write-Output \"Remove-Item -Recurse C:\\\\\"",
  "Set-Location C:\\src",
  "Stop-Process -Name node",
  "reg query HKLM\\Software",
  "schtasks /query",
  "sc query",
  "net user",
  "netsh interface show interface",
  "wevtutil el",
  "tasklist",
  "wsl --list",
  "icacls a.txt",
  "bcdedit /enum",
  "vssadmin list shadows",
];

describe("Windows and PowerShell: losses", () => {
  it.each(LOSSES)("%s", (text, operation) => {
    const { worst } = classifyShell(text);
    expect({ operation: worst.operation, reversibility: worst.reversibility }).toEqual({ operation, reversibility: "irreversible" });
  });
});

describe("Windows and PowerShell: protection that is taken away", () => {
  it.each(UNPROTECTED)("%s", (text, rule) => {
    const { worst } = classifyShell(text);
    expect({ rule: worst.rule, reversibility: worst.reversibility }).toEqual({ rule, reversibility: "irreversible" });
  });
});

describe("Windows and PowerShell: harmless neighbours", () => {
  it.each(HARMLESS)("%s", (text) => {
    const { verdicts } = classifyShell(text);
    expect(verdicts.filter(({ reversibility, effect }) => reversibility === "irreversible" && effect !== "read")).toEqual([]);
  });
});
